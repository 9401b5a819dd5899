import type { Span } from '../../analysis/speech-units.js';
import { msToSamples } from '../../base/pcm.js';
import { isLoss, type LedgerSpan } from '../../stream/align/ledger.js';

/** Shortest stretch in which a spoken digit can get lost. */
const LEAST = msToSamples(150);
/** Longest stretch between two losses in which nothing can be understood. */
const BETWEEN = msToSamples(60);

/** Returns the stretches of a leg, at 16 kHz, in which a digit may be lost: long losses, and many short ones. */
export function lostStretches(spans: readonly LedgerSpan[]): Span[] {
  const lost: Span[] = [];
  for (const { from, samples } of spans.filter(isLoss)) {
    const last = lost.at(-1);
    const to = from + samples;
    if (last && from - last.to <= BETWEEN) lost.splice(-1, 1, { from: last.from, to });
    else lost.push({ from, to });
  }
  return lost.filter(({ from, to }) => to - from >= LEAST);
}
