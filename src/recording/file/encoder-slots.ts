import { invalidArgument } from '../../base/errors.js';

/** Default number of parallel encoders. Each holds a file open and uses processor time. */
const DEFAULT_ENCODERS = 32;

/**
 * Limits the number of parallel encoders: `max` for calls in progress, and a quarter of that for ended calls. Ended
 * calls never wait for the end of another call.
 */
export class EncoderSlots {
  #live: number;
  #after: number;
  readonly #waiting: (() => void)[] = [];

  /** @throws ERR_INVALID_ARG. */
  constructor(max: number = DEFAULT_ENCODERS) {
    if (!(Number.isSafeInteger(max) && max >= 1)) {
      throw invalidArgument('maxEncoders', 'a whole number from 1', max);
    }
    this.#live = max;
    this.#after = Math.ceil(max / 4);
  }

  /** Takes a slot for a call in progress. Returns false when none is free. {@link release} gives the slot back. */
  tryTake(): boolean {
    if (this.#live === 0) return false;
    this.#live--;
    return true;
  }

  release(): void {
    this.#live++;
  }

  /** Runs `task` for an ended call as soon as a slot is free. */
  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#after > 0) this.#after--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await task();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#after++;
    }
  }
}
