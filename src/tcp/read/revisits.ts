import type { WheelMember } from '../../base/time/timing-wheel.js';

/**
 * Bytes from which on a visit is not reading live voice: two seconds of 16 kHz mono. The rest is then fetched at once.
 */
export const HOT_BYTES = 64 * 1024;
/**
 * A hot stream is visited in each turn of the event loop until it has brought less than HOT_BYTES for this time, in ms.
 */
const HOT_MS = 10;
/**
 * Longest pause before the next visit, in ms. The pauses begin with 1 ms, and each is twice as long as the one before.
 */
const MAX_COOL_MS = 256;

/** Makes extra visits between those of the wheel, while a stream brings more than live voice or may do so again. */
export class Revisits {
  readonly #member: WheelMember;
  #soon = false;
  #hotUntil = 0;
  #hotBytes = 0;
  /** Pause before the next read of a stream that was hot, in ms; 0 when it waits for the wheel. */
  #coolMs = 0;
  #cooling: NodeJS.Timeout | undefined;

  constructor(member: WheelMember) {
    this.#member = member;
  }

  /** Visits the stream in the next turn of the event loop. */
  soon(): void {
    if (this.#soon) return;
    this.#soon = true;
    setImmediate(() => {
      this.#soon = false;
      this.#member.visit();
    });
  }

  /** Visits the stream again soon, if it brought a lot: now (`bytes`), or shortly before. */
  after(bytes: number): void {
    if (bytes < HOT_BYTES && this.#coolMs === 0) return;
    this.#hotBytes += bytes;
    const now = performance.now();
    if (this.#hotBytes >= HOT_BYTES) {
      this.#hotUntil = now + HOT_MS;
      this.#hotBytes = 0;
      this.#coolMs = 1;
    }
    if (now < this.#hotUntil) this.soon();
    else this.#cool();
  }

  /** Cancels further visits, except one that is due in the next turn of the event loop. */
  cancel(): void {
    clearTimeout(this.#cooling);
  }

  #cool(): void {
    this.#hotBytes = 0;
    const waitMs = this.#coolMs;
    this.#coolMs = waitMs < MAX_COOL_MS ? waitMs * 2 : 0;
    clearTimeout(this.#cooling);
    this.#cooling = setTimeout(() => this.#member.visit(), waitMs);
  }
}
