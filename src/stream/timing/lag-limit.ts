import { msToSamples } from '../../base/pcm.js';
import type { AlignedLeg } from '../align/aligned-leg.js';

/** Time for which a leg may be too far behind before it is passed over, in ms: two batched reads. */
const PATIENCE_MS = 500;
/**
 * Longest part of a recording that stays open for a leg that keeps pace while the other one runs ahead, in samples:
 * five minutes.
 */
const MAX_OPEN = msToSamples(300_000);

/** State of the recording after a round of writes, for a {@link LagLimit}. */
export interface LagRound {
  readonly nowMs: number;
  /** End of the recording. */
  readonly end: number;
  /** End of the leg when the round began. Samples that it has brought since are not yet written. */
  readonly legEnd: number;
  /** End of the leg by its own clock; undefined when that does not tell. */
  readonly expectedEnd: number | undefined;
}

/**
 * Decides when a lagging leg is passed over. A leg that is on time by its own clock is not passed over, however far
 * ahead the other one is. Neither is a leg passed over at once: after a pause of this process, one leg is read before
 * the other.
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
