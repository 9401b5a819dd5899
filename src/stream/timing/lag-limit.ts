import { msToSamples } from '../../base/pcm.js';
import type { AlignedLeg } from '../align/aligned-leg.js';

/** Time that a leg may be too far behind before it is passed over, in ms of this process: two batched reads. */
const PATIENCE_MS = 500;
/** The most that is kept open for a leg that keeps pace while the other one runs ahead, in samples: five minutes. */
const MAX_OPEN = msToSamples(300_000);

/** The recording as a {@link LagLimit} sees it after a round of writes. */
export interface LagRound {
  readonly nowMs: number;
  /** End of the recording. */
  readonly end: number;
  /** End of the leg when the round began: what it has brought since is not written. */
  readonly legEnd: number;
  /** End that the leg has by its own clock; nothing when that does not tell. */
  readonly expectedEnd: number | undefined;
}

/**
 * Decides when a leg that lags is passed over. It is not while it is on time by its own clock, however far ahead the
 * other one is; and not at once, since after this process itself stood still one leg is read before the other.
 */
export class LagLimit {
  readonly #maxSkew: number;
  #behindSinceMs: number | undefined;

  /** @param maxSkew Samples that a leg may be behind. */
  constructor(maxSkew: number) {
    this.#maxSkew = maxSkew;
  }

  /** Position up to which nothing more is expected of the leg. */
  settledEnd(leg: AlignedLeg, { nowMs, end, legEnd, expectedEnd = end }: LagRound): number {
    const due = Math.min(end, Math.max(expectedEnd, end - MAX_OPEN));
    if (leg.waiting || due - leg.end <= this.#maxSkew) {
      this.#behindSinceMs = undefined;
      return Math.min(legEnd, end);
    }
    this.#behindSinceMs ??= nowMs;
    const passedOver = nowMs - this.#behindSinceMs >= PATIENCE_MS && leg.end === legEnd;
    return passedOver ? due - this.#maxSkew : Math.min(legEnd, end);
  }
}
