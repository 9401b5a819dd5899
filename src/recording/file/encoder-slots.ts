import { invalidArgument } from '../../base/errors.js';

/** Encoders that run at once unless told otherwise: each holds a file open and takes its share of the processor. */
const DEFAULT_ENCODERS = 32;

/**
 * Bounds how many encoders run at once: so many while their calls go on, and a quarter as many for calls that are over,
 * which so never wait for the end of another call.
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

  /** Takes a slot for a call that goes on, if there is one; to be given back by {@link release}. */
  tryTake(): boolean {
    if (this.#live === 0) return false;
    this.#live--;
    return true;
  }

  release(): void {
    this.#live++;
  }

  /** Does `task`, for a call that is over, as soon as there is a slot for it. */
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
