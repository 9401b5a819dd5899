import { Histogram } from '../../base/histogram.js';

/** Time by which a stream with a gap falls behind real time from one read to the next, in ms. */
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

  /** Notes that audio of `durationMs` came at `nowMs`. */
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
