import { msToSamples } from '../../base/pcm.js';
import type { CallTimeLine } from './call-time-line.js';

/** A leg whose first samples come no later than this after the other's began with it: 25 ms. */
const TOGETHER = msToSamples(25);
/** Clocks differ by less than this: 500 ppm, in samples a second. */
export const MAX_DRIFT = 8;

/** Usual delay of what a leg has not lost, in samples. It moves no faster than clocks drift. */
export class UsualDelay {
  readonly #line: CallTimeLine;
  readonly #sets: boolean;
  /** True when the other leg begins where this one does. */
  #leads = false;
  #samples: number | undefined;

  /** @param sets True when the time line goes at the pace of this leg. */
  constructor(line: CallTimeLine, sets: boolean) {
    this.#line = line;
    this.#sets = sets;
  }

  /** Nothing until samples have come. */
  get samples(): number | undefined {
    return this.#samples;
  }

  /** Takes notice of samples that would end at `end` of the time line; the first ones of a call begin it. */
  begin(nowMs: number, end: number): void {
    this.#leads ||= this.#line.begin(nowMs, end);
  }

  /** Takes the first delay for the usual one, unless the leg came so late that the other one's tells more. */
  start(delay: number): void {
    this.#samples ??= delay < this.#line.usual + TOGETHER ? delay : this.#line.usual;
  }

  /** Part of a delay that is beyond the usual one; negative where it is less. */
  beyond(delay: number): number {
    return delay - (this.#samples ?? delay);
  }

  /** Takes notice that samples came earlier than they could by the usual delay. */
  shorten(samples: number): void {
    if (this.#samples === undefined) return;
    this.#samples -= samples;
    if (this.#leads) this.#line.usual = this.#samples;
  }

  /** Follows the least delay of the last seconds, which is `late` beyond the usual one. */
  follow(late: number): void {
    const step = Math.max(-MAX_DRIFT, Math.min(MAX_DRIFT, late));
    if (this.#sets) this.#line.adjust(step);
    else if (this.#samples !== undefined) this.#samples += step;
  }
}
