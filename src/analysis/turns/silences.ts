import type { LedgerSpan } from '../../stream/align/ledger.js';
import type { Span } from '../speech-units.js';

/** Silence of all legs for at least a threshold, and the causes of its parts. Lengths are in samples. */
export interface DeadAir extends Span {
  /** A leg was on hold. */
  readonly hold: number;
  /** The recording was masked: silence was written in place of the speech. */
  readonly masked: number;
  /** Audio of a leg is missing. */
  readonly missing: number;
  /** Nobody spoke, but there was music or a tone. */
  readonly sounds: number;
  /** The rest: silence without a known cause. */
  readonly silent: number;
}

/** Finds the stretches of [0, length) in which no leg speaks. */
export function silencesOf(legs: readonly (readonly Span[])[], length: number): Span[] {
  const silences: Span[] = [];
  let end = 0;
  for (const { from, to } of legs.flat().sort((a, b) => a.from - b.from)) {
    if (from > end) silences.push({ from: end, to: Math.min(from, length) });
    end = Math.max(end, to);
  }
  if (end < length) silences.push({ from: end, to: length });
  return silences;
}

/** Finds the stretches in which both legs speak. */
export function overlapsOf(first: readonly Span[], second: readonly Span[]): Span[] {
  const overlaps: Span[] = [];
  for (let i = 0, j = 0; i < first.length && j < second.length; ) {
    const [a, b] = [first[i] as Span, second[j] as Span];
    const from = Math.max(a.from, b.from);
    const to = Math.min(a.to, b.to);
    if (from < to) overlaps.push({ from, to });
    if (a.to < b.to) i++;
    else j++;
  }
  return overlaps;
}

/**
 * Finds the causes of the parts of a silence. Each sample counts once: as masked, missing, hold, sounds or silent, in
 * this order.
 */
export function deadAirOf(
  silence: Span,
  ledgers: readonly (readonly LedgerSpan[])[],
  sounds: readonly Span[],
): DeadAir {
  const of = (accepts: (span: LedgerSpan) => boolean) =>
    ledgers.flatMap((ledger) =>
      ledger.filter(accepts).map(({ from, samples }) => ({ from, to: from + samples })),
    );
  const layers = [
    of(({ kind }) => kind === 'masked'),
    of(({ kind }) => kind === 'missing'),
    of(({ kind, reason }) => kind === 'idle' && reason === 'hold'),
    sounds,
  ];
  const [masked = 0, missing = 0, hold = 0, sounding = 0] = layers.map(
    (_, index) =>
      lengthWithin(layers.slice(0, index + 1).flat(), silence) -
      lengthWithin(layers.slice(0, index).flat(), silence),
  );
  const silent = silence.to - silence.from - masked - missing - hold - sounding;
  return { ...silence, masked, missing, hold, sounds: sounding, silent };
}

/** Computes how many samples of `within` are covered by `spans`, which may overlap. */
export function lengthWithin(spans: readonly Span[], within: Span): number {
  const parts = spans
    .map(({ from, to }) => ({ from: Math.max(from, within.from), to: Math.min(to, within.to) }))
    .filter(({ from, to }) => from < to)
    .sort((a, b) => a.from - b.from);
  let end = within.from;
  let length = 0;
  for (const { from, to } of parts) {
    length += Math.max(0, to - Math.max(from, end));
    end = Math.max(end, to);
  }
  return length;
}
