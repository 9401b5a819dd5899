import type { WheelMember } from '../../base/time/timing-wheel.js';

/** A visit that finds this much, two seconds of 16 kHz mono, is not reading live voice: the rest is fetched at once. */
export const HOT_BYTES = 64 * 1024;
/** A hot stream is visited in each turn of the event loop until it has brought less than HOT_BYTES for so long, in ms. */
const HOT_MS = 10;
/** Then it is visited after a millisecond, and after twice as long each time, up to this many. */
const MAX_COOL_MS = 256;

/** Visits between those of the wheel, for a stream that brings more than live voice, and as long as it may go on. */
export class Revisits {
  readonly #member: WheelMember;
  #soon = false;
  #hotUntil = 0;
  #hotBytes = 0;
  /** Pause before the next read of a stream that was hot, in ms; 0: until the wheel comes. */
  #coolMs = 0;
  #cooling: NodeJS.Timeout | undefined;

  constructor(member: WheelMember) {
    this.#member = member;
  }

  /** Visits it in the next turn of the event loop. */
  soon(): void {
    if (this.#soon) return;
    this.#soon = true;
    setImmediate(() => {
      this.#soon = false;
      this.#member.visit();
    });
  }

  /** Visits it again soon, if it brought a lot: `bytes` now, or before. */
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

  /** Cancels further visits, but for one that is due in the next turn. */
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
