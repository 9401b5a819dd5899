import type { AnalysisReport } from '../analysis-report.js';
import type { LegIndex, TurnEvent } from '../turns/turn-events.js';

/**
 * Kinds of events that a report names. Changes of speaker without an interruption are not named: the picture of the
 * speech shows them.
 */
export type NamedKind = Exclude<TurnEvent['kind'], 'transfer'>;

/** Event of a conversation, with its name in a report. */
export interface NamedEvent {
  readonly kind: NamedKind;
  readonly leg: LegIndex;
  /** Sample at which it begins. */
  readonly at: number;
  readonly name: string;
}

/** The sign of each kind. */
export const EVENT_MARKS: Readonly<Record<NamedKind, string>> = {
  interruption: '▲',
  'failed-barge-in': '△',
  backchannel: '●',
  'dual-start': '◇',
};

/** The name of each kind. */
export const EVENT_NAMES: Readonly<Record<NamedKind, string>> = {
  interruption: 'interruption',
  'failed-barge-in': 'failed barge-in',
  backchannel: 'backchannel',
  'dual-start': 'dual start',
};

/** Returns the named events of a report, in order of time. */
export function namedEvents({ talk }: AnalysisReport): NamedEvent[] {
  return talk.events
    .flatMap(({ kind, leg, at }) => (kind === 'transfer' ? [] : [{ kind, leg, at, name: EVENT_NAMES[kind] }]))
    .toSorted((a, b) => a.at - b.at);
}
