import type { CancelTimer, Clock } from '../clock.js';
import { PTIME_MS } from '../pcm.js';
import { FRAME_SAMPLES, mixInto, type Party } from './party.js';

/**
 * Carries voice between the parties of one conversation: each tick of 20 ms every party speaks once and hears
 * the sum of the others. What is said in a tick is heard in the same tick, sample for sample.
 *
 * Ticks lie on an absolute schedule, so a late one is caught up and nothing drifts. On a virtual clock a tick
 * may wait for its sockets; time stands still meanwhile.
 */
export class Bridge {
  readonly #clock: Clock;
  readonly #parties: readonly Party[];
  readonly #spoken: Int16Array[];
  readonly #mix = new Int16Array(FRAME_SAMPLES);
  #startedAt = 0;
  #ticks = 0;
  #cancelTimer: CancelTimer | undefined;
  #tick: Promise<void> | undefined;
  #ended = false;

  constructor(clock: Clock, parties: readonly Party[]) {
    this.#clock = clock;
    this.#parties = parties;
    this.#spoken = parties.map(() => new Int16Array(FRAME_SAMPLES));
  }

  /** Samples that have passed from each party to the others. */
  get position(): number {
    return this.#ticks * FRAME_SAMPLES;
  }

  /** Starts the ticks; the first moves at once. */
  start(): void {
    this.#startedAt = this.#clock.now();
    this.#schedule();
  }

  /** Lets the tick that is under way end, then makes every party leave. */
  async end(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    this.#cancelTimer?.();
    await this.#tick;
    await Promise.all(this.#parties.map((party) => party.leave()));
  }

  #schedule(): void {
    if (this.#ended) return;
    this.#cancelTimer = this.#clock.timerAt(this.#startedAt + this.#ticks * PTIME_MS, () => {
      this.#tick = this.#run().finally(() => this.#schedule());
      return this.#tick;
    });
  }

  async #run(): Promise<void> {
    for (const [index, party] of this.#parties.entries()) {
      const waiting = party.speak(this.#frameOf(index));
      if (waiting) await waiting;
    }
    this.#ticks++;
    for (const [index, party] of this.#parties.entries()) {
      const waiting = party.hear(this.#othersThan(index));
      if (waiting) await waiting;
    }
  }

  #frameOf(index: number): Int16Array {
    const frame = this.#spoken[index];
    if (!frame) throw new RangeError(`no party ${index}`);
    return frame;
  }

  #othersThan(index: number): Int16Array {
    if (this.#parties.length === 2) return this.#frameOf(1 - index);
    this.#mix.fill(0);
    for (const [other, frame] of this.#spoken.entries()) if (other !== index) mixInto(this.#mix, frame);
    return this.#mix;
  }
}
