import type { CancelTimer, Clock } from '../clock.js';
import { ManualTimeline, type SampleTimeline, type TimelineFollower } from './sample-timeline.js';

/** A sender is woken this often, in ms. */
export const TICK_MS = 20;

/**
 * Wall time since it was made, in samples. The schedule is absolute: tick n is due n times {@link TICK_MS} after
 * the start, however late the ticks before it came, so that nothing adds up over a long call.
 */
export class ClockTimeline implements SampleTimeline {
  readonly sampleRate: number;
  readonly #clock: Clock;
  readonly #origin: number;
  readonly #line: ManualTimeline;
  #ticks = 0;
  #cancel: CancelTimer;

  constructor(clock: Clock, sampleRate: number) {
    this.sampleRate = sampleRate;
    this.#clock = clock;
    this.#origin = clock.now();
    this.#line = new ManualTimeline(sampleRate);
    this.#cancel = this.#schedule();
  }

  get position(): number {
    return this.#line.position;
  }

  follow(follower: TimelineFollower): () => void {
    return this.#line.follow(follower);
  }

  /** Stops the clock. */
  end(): void {
    this.#cancel();
    this.#line.end();
  }

  #schedule(): CancelTimer {
    this.#ticks = Math.max(this.#ticks, Math.floor((this.#clock.now() - this.#origin) / TICK_MS)) + 1;
    return this.#clock.timerAt(this.#origin + this.#ticks * TICK_MS, () => this.#tick());
  }

  #tick(): void {
    const elapsed = this.#clock.now() - this.#origin;
    this.#cancel = this.#schedule();
    this.#line.advanceTo(Math.floor((elapsed * this.sampleRate) / 1000));
  }
}
