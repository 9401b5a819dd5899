import type { RtpCodecName } from './rtp-codec.js';

/** Facts that the quality of a call is computed from. */
export interface QualityFacts {
  readonly codec: RtpCodecName;
  /** Packets that were not played, because they were lost or came too late, in percent. */
  readonly lossPercent: number;
  /** Mean length of the losses in a row, against that of losses at random (BurstR): 1 or more. */
  readonly burstRatio: number;
  /** True when losses are concealed. */
  readonly concealed: boolean;
  /** From mouth to ear, in ms, as far as it is known. */
  readonly delayMs: number;
}

/** Quality of a call as a listener would judge it, by the E-model (ITU-T G.107, G.107.1). */
export interface CallQuality {
  readonly codec: RtpCodecName;
  /** The scale that R is on: 0 to 93.2 `narrowband`, 0 to 129 `wideband`. */
  readonly scale: 'narrowband' | 'wideband';
  /** Transmission rating; absent where it cannot be computed. */
  readonly r?: number;
  /** Mean opinion score of a listener, 1 to 4.5; absent where it cannot be computed. */
  readonly mos?: number;
  /** Inputs of the computation, or the reason why there is none, for a person to read. */
  readonly basis: string;
  readonly lossPercent: number;
  readonly burstRatio: number;
  readonly delayMs: number;
}

/** R of a call without any impairment but those that are in every call. */
const BEST = { narrowband: 93.2, wideband: 129 } as const;
/** R on the scale of MOS, which ends at 100. */
const STRETCH = { narrowband: 1, wideband: 1.29 } as const;
/** Most that loss can add to the impairment of a codec. */
const MOST_IMPAIRED = 95;
/** Impairment of a codec without loss (Ie), and its robustness against loss (Bpl), from ITU-T G.113. */
const CODECS = {
  PCMU: { scale: 'narrowband', ie: 0, bpl: { concealed: 25.1, plain: 4.3 } },
  PCMA: { scale: 'narrowband', ie: 0, bpl: { concealed: 25.1, plain: 4.3 } },
  // Its robustness was never published.
  G722: { scale: 'wideband', ie: 13, bpl: undefined },
} as const;

/** Computes the quality of a call. */
export function callQuality(facts: QualityFacts): CallQuality {
  const { codec, lossPercent, burstRatio, concealed, delayMs } = facts;
  const measured = { codec, lossPercent, burstRatio, delayMs };
  if (codec === 'opus') {
    return { scale: 'wideband', basis: 'not computable: no impairment is published for Opus', ...measured };
  }
  const { scale, ie, bpl } = CODECS[codec];
  if (!bpl && lossPercent > 0) {
    return {
      scale,
      basis: `not computable under loss: no robustness is published for ${codec}`,
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
