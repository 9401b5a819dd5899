import type { Clock } from '../../base/time/clock.js';
import type { TimingWheel, WheelMember } from '../../base/time/timing-wheel.js';
import { ManualTimeline, type SampleTimeline, type TimelineFollower } from '../sample-timeline.js';

/**
 * Time since its creation, in samples, updated by a wheel. The number of due samples is computed from the whole time
 * that has passed, so errors do not add up over a long call, however late the wheel turns.
 */
export class ClockTimeline implements SampleTimeline, WheelMember {
  readonly sampleRate: number;
  readonly #clock: Clock;
  readonly #wheel: TimingWheel;
  readonly #origin: number;
  readonly #line: ManualTimeline;

  /** @param wheel Wheel on the same clock. */
  constructor(clock: Clock, wheel: TimingWheel, sampleRate: number) {
    this.sampleRate = sampleRate;
    this.#clock = clock;
    this.#wheel = wheel;
    this.#origin = clock.now();
    this.#line = new ManualTimeline(sampleRate);
    wheel.add(this);
  }

  get position(): number {
    return this.#line.position;
  }

  follow(follower: TimelineFollower): () => void {
    return this.#line.follow(follower);
  }

  visit(): void {
    const elapsedMs = this.#clock.now() - this.#origin;
    this.#line.advanceTo(Math.floor((elapsedMs * this.sampleRate) / 1000));
  }

  /** Stops the clock. */
  end(): void {
    this.#wheel.delete(this);
    this.#line.end();
  }
}
