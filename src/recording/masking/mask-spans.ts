import type { FoundSecret, MaskRule } from '../../analysis/words/mask-finder.js';
import { isAudible, type LedgerSpan, type LegLedger, ledgerOf } from '../../stream/align/ledger.js';

/** A stretch that is masked on both legs, because the other party may repeat it or return it as an echo. */
export interface MaskSpan {
  /** Positions are samples of the file. */
  readonly from: number;
  readonly samples: number;
  readonly rule: MaskRule;
  /** True when the check digit of a card number is right. Absent for other rules. */
  readonly luhn?: boolean;
}

/** Extra silence around each find, in ms. */
export const MASK_MARGIN_MS = 250;

/** Rules without extra silence around the stretch. */
const EXACT: ReadonlySet<MaskRule> = new Set(['request', 'undecided']);

/**
 * The stretches to mask for the finds, in order, without overlap. Two stretches that touch are joined under the first
 * rule.
 */
export function maskSpans(
  found: readonly FoundSecret[],
  { sampleRate, samples }: { readonly sampleRate: number; readonly samples: number },
): MaskSpan[] {
  const margin = (MASK_MARGIN_MS * sampleRate) / 1000;
  const spans: { from: number; to: number; rule: MaskRule; luhn: boolean | undefined }[] = [];
  for (const { from, to, rule, isLuhn: luhn } of found.toSorted((a, b) => a.from - b.from)) {
    const around = EXACT.has(rule) ? 0 : margin;
    const begin = Math.max(0, from - around);
    const end = Math.min(samples, to + around);
    const last = spans.at(-1);
    if (last && begin <= last.to) {
      last.to = Math.max(last.to, end);
      if (luhn) last.luhn = true;
    } else if (begin < end) spans.push({ from: begin, to: end, rule, luhn });
  }
  return spans.map(({ from, to, rule, luhn }) => ({
    ...{ from, samples: to - from, rule },
    ...(luhn !== undefined && { luhn }),
  }));
}

/** A ledger in which spans with audio are marked as masked within these stretches, by the rule of each. */
export function maskedLedger({ spans }: LegLedger, masks: readonly MaskSpan[]): LegLedger {
  const all: LedgerSpan[] = [];
  for (const span of spans) {
    let at = span.from;
    const end = span.from + span.samples;
    const cover = (to: number, name: Pick<LedgerSpan, 'kind' | 'reason'>) => {
      if (to > at) all.push({ from: at, samples: to - at, ...name });
      at = Math.max(at, to);
    };
    const { from: _, samples: __, ...name } = span;
    for (const mask of isAudible(span) ? masks : []) {
      if (mask.from >= end || mask.from + mask.samples <= at) continue;
      cover(Math.max(at, mask.from), name);
      cover(Math.min(end, mask.from + mask.samples), { kind: 'masked', reason: mask.rule });
    }
    cover(end, name);
  }
  return ledgerOf(joined(all, (a, b) => a.kind === b.kind && a.reason === b.reason));
}

/** Zeroes the stretches in stereo samples that begin at `position`. */
export function silence(stereo: Int16Array, position: number, masks: readonly MaskSpan[]): void {
  const count = stereo.length / 2;
  for (const { from, samples } of masks) {
    const begin = Math.max(0, from - position);
    const end = Math.min(count, from + samples - position);
    if (begin < end) stereo.fill(0, begin * 2, end * 2);
  }
}

/** The part of a stretch within [from, to). */
export function clippedMask(mask: MaskSpan, from: number, to: number): MaskSpan | undefined {
  const begin = Math.max(mask.from, from);
  const end = Math.min(mask.from + mask.samples, to);
  return begin < end ? { ...mask, from: begin, samples: end - begin } : undefined;
}

/** The part of a stretch within [from, to), relative to `from`. */
export function maskWithin(mask: MaskSpan, from: number, to: number): MaskSpan | undefined {
  const part = clippedMask(mask, from, to);
  return part && { ...part, from: part.from - from };
}

/** Joins adjacent stretches of the same rule. The stretches must be in order. */
export function joinedMasks(masks: readonly MaskSpan[]): MaskSpan[] {
  return joined(masks, (a, b) => a.rule === b.rule);
}

/** Joins adjacent stretches that are alike. The stretches must be in order. */
function joined<T extends { readonly from: number; readonly samples: number }>(
  stretches: readonly T[],
  areAlike: (a: T, b: T) => boolean,
): T[] {
  const all: T[] = [];
  for (const next of stretches) {
    const last = all.at(-1);
    if (last && areAlike(last, next) && last.from + last.samples === next.from)
      all[all.length - 1] = { ...last, ...next, from: last.from, samples: last.samples + next.samples };
    else all.push(next);
  }
  return all;
}
