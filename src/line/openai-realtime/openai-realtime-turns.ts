import type { JsonFields } from '../dialect/json-fields.js';

/** States of the agent's answer: `asked`: it was asked for; `cut`: the agent ends it itself, as the caller speaks. */
type AnswerState = 'none' | 'asked' | 'running' | 'cut';

/** Answers that are remembered to be over. */
const MAX_OVER = 16;

/**
 * Knows whose turn it is in a session of the Realtime API, which has one answer at a time: another is asked for when the
 * last is complete and every tool that it used has given its result. What comes of an answer after its end is left out;
 * what names no answer, or one whose beginning was not told, is taken, as not every agent tells these.
 */
export class RealtimeTurns {
  readonly #tools = new Set<string>();
  #state: AnswerState = 'none';
  #isWanted = false;
  readonly #over: string[] = [];

  /** True for an answer that is over. */
  isOver(answer: string | undefined): boolean {
    return answer !== undefined && this.#over.includes(answer);
  }

  /** Takes a message of the agent, which may name its answer. */
  read(type: string, answer?: string): void {
    if (type === 'response.done' && answer !== undefined && this.#over.push(answer) > MAX_OVER)
      this.#over.shift();
    if (type === 'response.created') this.#state = 'running';
    else if (type === 'response.done') this.#state = 'none';
    else if (type === 'input_audio_buffer.speech_started' && this.#state === 'running') this.#state = 'cut';
    // What was asked for may be what failed: nothing is to wait for it.
    else if (type === 'error' && this.#state === 'asked') this.#state = 'none';
  }

  /** The agent uses a tool. */
  uses(id: string): void {
    this.#tools.add(id);
  }

  /** The agent is to answer to what it was told: with `tool` to its result. */
  wants(tool?: string): void {
    if (tool !== undefined) this.#tools.delete(tool);
    this.#isWanted = true;
  }

  /** The messages that ask for an answer, when it can be asked for. */
  ask(): readonly JsonFields[] {
    if (!this.#isWanted || this.#state !== 'none' || this.#tools.size > 0) return [];
    this.#isWanted = false;
    this.#state = 'asked';
    return [{ type: 'response.create' }];
  }

  /** The messages that end an answer which the agent does not end itself. */
  cancel(): readonly JsonFields[] {
    if (this.#state !== 'running') return [];
    this.#state = 'cut';
    return [{ type: 'response.cancel' }];
  }
}
