import { Histogram } from '../../base/histogram.js';

/** A stream that falls behind real time by more than this from one read to the next has a gap, in ms. */
const GAP_MS = 100;

/** Compares the spacing of reads with the audio that they bring. */
export class ArrivalMeter {
  readonly jitter = new Histogram();
  #lastMs = Number.NaN;
  #gaps = 0;
  #gapMs = 0;

  get gaps(): number {
    return this.#gaps;
  }

  get gapMs(): number {
    return this.#gapMs;
  }

  /** Audio of `durationMs` came at `nowMs`. */
  record(nowMs: number, durationMs: number): void {
    const lastMs = this.#lastMs;
    this.#lastMs = nowMs;
    if (Number.isNaN(lastMs)) return;
    const lateMs = nowMs - lastMs - durationMs;
    this.jitter.record(Math.abs(lateMs));
    if (lateMs <= GAP_MS) return;
    this.#gaps++;
    this.#gapMs += lateMs;
  }
}
