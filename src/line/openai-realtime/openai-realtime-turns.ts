import type { JsonFields } from '../dialect/json-fields.js';

/** State of the answer of the agent. `asked`: it was asked for. `cut`: it was interrupted and is about to end. */
type AnswerState = 'none' | 'asked' | 'running' | 'cut';

/** Most ended answers that are remembered. */
const MAX_OVER = 16;

/**
 * Keeps track of the answers in a session of the Realtime API, which has one answer at a time. Another answer is asked
 * for when the last is complete and all tools that it used have given their results. Messages of an answer after its
 * end are left out. Messages that name no answer, or one without a `response.created`, are taken, because not every
 * agent sends these.
 */
export class RealtimeTurns {
  readonly #tools = new Set<string>();
  #state: AnswerState = 'none';
  #isWanted = false;
  readonly #over: string[] = [];

  /** Returns true for an answer that has ended. */
  isOver(answer: string | undefined): boolean {
    return answer !== undefined && this.#over.includes(answer);
  }

  /** Takes the type of a message of the agent, and the answer that it names, if any. */
  read(type: string, answer?: string): void {
    if (type === 'response.done' && answer !== undefined && this.#over.push(answer) > MAX_OVER)
      this.#over.shift();
    if (type === 'response.created') this.#state = 'running';
    else if (type === 'response.done') this.#state = 'none';
    else if (type === 'input_audio_buffer.speech_started' && this.#state === 'running') this.#state = 'cut';
    // The error may be about the answer that was asked for, so it is not awaited any longer.
    else if (type === 'error' && this.#state === 'asked') this.#state = 'none';
  }

  /** Notes that the agent uses a tool. */
  uses(id: string): void {
    this.#tools.add(id);
  }

  /** Notes that the agent has to answer. With `tool`: to the result of that tool. */
  wants(tool?: string): void {
    if (tool !== undefined) this.#tools.delete(tool);
    this.#isWanted = true;
  }

  /** Makes the message that asks for an answer, if one is wanted and possible now. */
  ask(): readonly JsonFields[] {
    if (!this.#isWanted || this.#state !== 'none' || this.#tools.size > 0) return [];
    this.#isWanted = false;
    this.#state = 'asked';
    return [{ type: 'response.create' }];
  }

  /** Makes the message that cancels a running answer. */
  cancel(): readonly JsonFields[] {
    if (this.#state !== 'running') return [];
    this.#state = 'cut';
    return [{ type: 'response.cancel' }];
  }
}
