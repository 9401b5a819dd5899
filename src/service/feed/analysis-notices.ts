import type { AnalysisEvent } from '../../analysis/analysis-event.js';
import type { Figure } from '../../analysis/analysis-report.js';
import { samplesToMs } from '../../base/pcm.js';
import type { AnalysedCall } from '../../recording/recorder/analyse-recorded.js';
import { ANALYSIS_NOTICES, type ToldEvent } from './feed-event.js';

/** An event of the feed about an analysis, without its call. */
export type AnalysisNotice = Omit<Extract<ToldEvent, { type: 'analysis' }>, 'type' | 'account' | 'call'>;

const TOLD: ReadonlySet<string> = new Set(ANALYSIS_NOTICES);
const LEGS = ['local', 'remote'] as const;

/** Converts an event of an analysis for the feed. Undefined for levels, keys and words, which are not on the feed. */
export function noticeOf(event: AnalysisEvent): AnalysisNotice | undefined {
  if (!TOLD.has(event.type)) return undefined;
  const what = event.type as AnalysisNotice['what'];
  const leg = 'leg' in event ? { leg: LEGS[event.leg] } : {};
  if (event.type === 'tone')
    return { what, ...leg, ...placeOf(event.tone.from, event.tone.to), tone: event.tone.kind };
  if (event.type === 'music') return { what, ...leg, ...placeOf(event.music.from, event.music.to) };
  if ('from' in event) return { what, ...leg, ...placeOf(event.from, event.to) };
  return 'at' in event ? { what, ...leg, fromMs: samplesToMs(event.at) } : undefined;
}

/** The event at the end of an analysis, with its figures. */
export function endOf({ report, dropped }: AnalysedCall): AnalysisNotice {
  const { durationMs, talk, legs } = report;
  const [local, remote] = legs;
  return {
    what: 'ended',
    figures: {
      ...{ durationMs, silenceMs: talk.silenceMs, deadAirMs: talk.deadAirMs },
      overlapMs: numberOf(talk.overlapMs),
      interruptionsByLocal: numberOf(local?.interruptionsMade),
      interruptionsByRemote: numberOf(remote?.interruptionsMade),
      droppedMs: samplesToMs(dropped),
    },
  };
}

function placeOf(from: number, to: number): { readonly fromMs: number; readonly toMs: number } {
  return { fromMs: samplesToMs(from), toMs: samplesToMs(to) };
}

function numberOf(figure: Figure | undefined): number {
  return typeof figure === 'number' ? figure : 0;
}
