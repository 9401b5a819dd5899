import type { BotCall } from '../bot-call.js';
import type { AgentBotOptions } from './agent-options.js';

const STALL_MS = 5000;

/** Watches the time until the agent's answer. When the answer takes too long, it reports that and plays a filler. */
export class AnswerWatch {
  readonly #call: BotCall;
  readonly #options: Pick<AgentBotOptions, 'stallMs' | 'filler'>;
  readonly #talk: { isSpeaking(): boolean; stalled(ms: number): void };
  #cancel: () => void = () => undefined;
  #isFilling = false;

  constructor(
    call: BotCall,
    options: Pick<AgentBotOptions, 'stallMs' | 'filler'>,
    talk: { isSpeaking(): boolean; stalled(ms: number): void },
  ) {
    this.#call = call;
    this.#options = options;
    this.#talk = talk;
  }

  /** Starts to wait for an answer of the agent. */
  expect(): void {
    const { clock } = this.#call;
    const { stallMs = STALL_MS } = this.#options;
    this.#cancel();
    this.#cancel = clock.timerAt(clock.now() + stallMs, () => {
      if (this.#talk.isSpeaking()) return;
      this.#talk.stalled(stallMs);
      this.#fill();
    });
  }

  /** Stops waiting and ends the filler: the agent has answered, or no answer is expected any more. */
  has(): void {
    this.#cancel();
    if (!this.#isFilling) return;
    this.#isFilling = false;
    void this.#call.clear();
  }

  #fill(): void {
    const { filler } = this.#options;
    if (filler === undefined || this.#isFilling) return;
    this.#isFilling = true;
    const over = () => {
      this.#isFilling = false;
    };
    this.#call.say(filler).then(over, over);
  }
}
