import { msToSamples } from '../../base/pcm.js';

const SAMPLES_PER_MS = msToSamples(1);

/**
 * The common clock that places the legs of a call: time in samples since the call's first sample. It runs at the pace
 * of the remote leg. Where that differs from this machine's clock, {@link adjust} removes the difference.
 */
export class CallTimeLine {
  /** Time of the first leg's first samples; undefined before. */
  begunMs: number | undefined;
  /** Usual delay of the leg that came first, for the one that follows. */
  usual = 0;
  #originMs = 0;

  /**
   * Begins the time line: the sample before `position` came at `nowMs`. Only the first call has an effect, and returns
   * true.
   */
  begin(nowMs: number, position: number): boolean {
    if (this.begunMs !== undefined) return false;
    this.begunMs = nowMs;
    this.#originMs = nowMs - position / SAMPLES_PER_MS;
    return true;
  }

  /** Position of the call at `nowMs`, in samples. */
  at(nowMs: number): number {
    return (nowMs - this.#originMs) * SAMPLES_PER_MS;
  }

  /** Moves the clock back by `samples`. */
  adjust(samples: number): void {
    this.#originMs += samples / SAMPLES_PER_MS;
  }
}
