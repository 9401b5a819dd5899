import type { RtpCodecName } from './rtp-codec.js';

/** Measurements from which the quality of a call is computed. */
export interface QualityFacts {
  readonly codec: RtpCodecName;
  /** Packets that were not played, because they were lost or came too late, in percent. */
  readonly lossPercent: number;
  /** Mean length of the bursts of lost packets, divided by that of random loss (BurstR): 1 or more. */
  readonly burstRatio: number;
  /** True when losses are concealed. */
  readonly concealed: boolean;
  /** Delay from mouth to ear as far as it is known, in ms. */
  readonly delayMs: number;
}

/** Quality of a call as a listener would judge it, by the E-model (ITU-T G.107, G.107.1). */
export interface CallQuality {
  readonly codec: RtpCodecName;
  /** Scale of R: 0 to 93.2 for `narrowband`, 0 to 129 for `wideband`. */
  readonly scale: 'narrowband' | 'wideband';
  /** Transmission rating; absent when it cannot be computed. */
  readonly r?: number;
  /** Mean opinion score of a listener, 1 to 4.5; absent when it cannot be computed. */
  readonly mos?: number;
  /** Inputs of the computation, or the reason why nothing was computed, as text for a person. */
  readonly basis: string;
  readonly lossPercent: number;
  readonly burstRatio: number;
  readonly delayMs: number;
}

/** R of a call that has no impairment beyond those of every call. */
const BEST = { narrowband: 93.2, wideband: 129 } as const;
/** Divisor that brings R to the scale of the MOS formula, which ends at 100. */
const STRETCH = { narrowband: 1, wideband: 1.29 } as const;
/** Upper bound of a codec's impairment, however high the loss. */
const MOST_IMPAIRED = 95;
/** Impairment of a codec without loss (Ie), and its robustness against loss (Bpl), from ITU-T G.113. */
const CODECS = {
  PCMU: { scale: 'narrowband', ie: 0, bpl: { concealed: 25.1, plain: 4.3 } },
  PCMA: { scale: 'narrowband', ie: 0, bpl: { concealed: 25.1, plain: 4.3 } },
  // No robustness has been published for G.722.
  G722: { scale: 'wideband', ie: 13, bpl: undefined },
} as const;

/** Computes the quality of a call. */
export function callQuality(facts: QualityFacts): CallQuality {
  const { codec, lossPercent, burstRatio, concealed, delayMs } = facts;
  const measured = { codec, lossPercent, burstRatio, delayMs };
  if (codec === 'opus') {
    return {
      scale: 'wideband',
      basis: 'not computable: no impairment factor is published for Opus',
      ...measured,
    };
  }
  const { scale, ie, bpl } = CODECS[codec];
  if (!bpl && lossPercent > 0) {
    return {
      scale,
      basis: `not computable with loss: no robustness factor is published for ${codec}`,
      ...measured,
    };
  }
  const robustness = bpl ? (concealed ? bpl.concealed : bpl.plain) : 1;
  const impairment = ie + ((MOST_IMPAIRED - ie) * lossPercent) / (lossPercent / burstRatio + robustness);
  const r = BEST[scale] - impairment - delayImpairment(delayMs);
  const basis =
    `ITU-T ${scale === 'narrowband' ? 'G.107' : 'G.107.1'}: Ie ${ie}` +
    `${bpl ? `, Bpl ${robustness}` : ''}, loss ${lossPercent.toFixed(2)} %, BurstR ${burstRatio.toFixed(2)}, delay ${delayMs.toFixed(0)} ms`;
  return { scale, r: Math.max(0, r), mos: mosOf(r / STRETCH[scale]), basis, ...measured };
}

/** Impairment by delay alone (Idd), which begins at 100 ms. */
function delayImpairment(delayMs: number): number {
  if (delayMs <= 100) return 0;
  const x = Math.log2(delayMs / 100);
  return 25 * ((1 + x ** 6) ** (1 / 6) - 3 * (1 + (x / 3) ** 6) ** (1 / 6) + 2);
}

/** Mean opinion score of an R from 0 to 100 (G.107, annex B). */
function mosOf(r: number): number {
  if (r <= 0) return 1;
  if (r >= 100) return 4.5;
  return Math.max(1, 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6);
}
