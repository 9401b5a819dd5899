import { isLoss, type LedgerSpan } from '../../stream/align/ledger.js';
import type { RecordingSidecar, SidecarLeg } from '../sidecar.js';

/** Kinds of loss in words. */
const WORDS: Readonly<Record<string, string>> = {
  concealed: 'concealed by the line',
  masked: 'masked to be safe',
};
/** Number of places that are listed one by one. */
const TOLD = 3;

/** Describes the missing audio of a recording: leg, amount, reason and place. Empty for a complete recording. */
export function missesOf({ audio, legs, complete, end, reason }: RecordingSidecar): string[] {
  if (complete) return [];
  const seconds = (samples: number) => `${(samples / audio.sampleRate).toFixed(2)} s`;
  const misses = (['local', 'remote'] as const).flatMap((name) =>
    missesOfLeg(legs[name], seconds).map((text) => `The ${name} leg: ${text}`),
  );
  if (reason !== undefined || misses.length === 0)
    misses.unshift(`The recording ends early: ${reason ?? end}.`);
  return misses;
}

function missesOfLeg({ late, cut, ledger }: SidecarLeg, seconds: (samples: number) => string): string[] {
  const reasons = new Map<string, LedgerSpan[]>();
  for (const span of ledger.spans) {
    if (!isLoss(span)) continue;
    const reason = `${WORDS[span.kind] ?? span.kind} (${span.reason ?? 'unknown'})`;
    const spans = reasons.get(reason);
    if (spans) spans.push(span);
    else reasons.set(reason, [span]);
  }
  const misses = [...reasons].map(([reason, spans]) => {
    const total = spans.reduce((sum, { samples }) => sum + samples, 0);
    return `${seconds(total)} ${reason}: ${placesOf(spans, seconds)}.`;
  });
  if (late > 0)
    misses.push(`${seconds(late)} arrived after its place in the file was final, and was dropped.`);
  if (cut > 0) misses.push(`${seconds(cut)} arrived and lies beyond the end of the file.`);
  return misses;
}

function placesOf(spans: readonly LedgerSpan[], seconds: (samples: number) => string): string {
  const told = spans.slice(0, TOLD).map(({ from, samples }) => `${seconds(samples)} at ${seconds(from)}`);
  const more = spans.length - told.length;
  return more > 0 ? `${told.join(', ')} and ${more} more` : told.join(', ');
}
