import { msToSamples } from '../../base/pcm.js';
import type { CallTimeLine } from './call-time-line.js';

/** Longest time between the first samples of two legs that began together, in samples: 25 ms. */
const TOGETHER = msToSamples(25);
/** Upper bound of the difference of two clocks: 500 ppm, in samples per second. */
export const MAX_DRIFT = 8;

/** Usual delay of a leg without its losses, in samples. It changes no faster than clocks drift. */
export class UsualDelay {
  readonly #line: CallTimeLine;
  readonly #sets: boolean;
  /** True when this leg began the time line. */
  #leads = false;
  #samples: number | undefined;

  /** @param sets True when this leg sets the pace of the time line. */
  constructor(line: CallTimeLine, sets: boolean) {
    this.#line = line;
    this.#sets = sets;
  }

  /** The usual delay in samples; undefined until samples have come. */
  get samples(): number | undefined {
    return this.#samples;
  }

  /** Notes samples that would end at `end` of the time line. The first samples of a call begin the time line. */
  begin(nowMs: number, end: number): void {
    this.#leads ||= this.#line.begin(nowMs, end);
  }

  /**
   * Takes the first delay as the usual one. A leg that came much later than the other leg takes the usual delay of
   * that.
   */
  start(delay: number): void {
    this.#samples ??= delay < this.#line.usual + TOGETHER ? delay : this.#line.usual;
  }

  /** Part of a delay beyond the usual one; negative when the delay is less. */
  beyond(delay: number): number {
    return delay - (this.#samples ?? delay);
  }

  /** Shortens the usual delay, after samples came earlier than it allows. */
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
