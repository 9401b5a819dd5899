import { msToSamples } from '../../base/pcm.js';

const SAMPLES_PER_MS = msToSamples(1);

/**
 * The one clock that the legs of a call are placed by: time in samples since the call's first. It goes at the pace of
 * the remote leg: where that differs from this machine's clock, {@link adjust} takes the difference out.
 */
export class CallTimeLine {
  /** Time of the first leg's first samples; nothing until then. */
  begunMs: number | undefined;
  /** Usual delay of the leg that came first, for the one that follows. */
  usual = 0;
  #originMs = 0;

  /** Says that the sample before `position` came at `nowMs`. Only the first time counts; returns whether it is that. */
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

  /** Says that the call is `samples` less far than the clock had it. */
  adjust(samples: number): void {
    this.#originMs += samples / SAMPLES_PER_MS;
  }
}
