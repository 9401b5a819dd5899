import { entryOf } from '../../base/entry-of.js';
import { type LocalTime, localClock } from '../../base/time/local-time.js';
import { checkPathTemplate, fillPath } from '../../files/path-template.js';

/** Values that a path template can name. */
export interface PathFacts {
  readonly startedAt: Date;
  /** The zone of date and time. Default `UTC`. */
  readonly timezone?: string;
  readonly partner: string;
  /** Of the call, as the endpoint counts. */
  readonly call: number;
  /** Of the recording. */
  readonly id: string;
  /** From 1. */
  readonly segment: number;
  /** `in` or `out`. */
  readonly direction: string;
}

const FIELDS: Readonly<Record<string, (facts: PathFacts, local: LocalTime) => string>> = {
  date: (_, { date }) => date,
  year: (_, { date }) => date.slice(0, 4),
  month: (_, { date }) => date.slice(5, 7),
  day: (_, { date }) => date.slice(8, 10),
  time: (_, { time }) => time.replaceAll(':', ''),
  partner: ({ partner }) => partner || 'unknown',
  call: ({ call }) => String(call),
  id: ({ id }) => id,
  segment: ({ segment }) => String(segment),
  direction: ({ direction }) => direction || 'unknown',
};

/** Default path of recordings: a folder a day, a file a call. */
export const DEFAULT_TEMPLATE = '{date}/{time}-{partner}-{id}';

/** @throws ERR_INVALID_ARG for a field that is not known, an empty part, or a part that leads out of the folder. */
export function checkTemplate(template: string): string {
  return checkPathTemplate('template', template, Object.keys(FIELDS));
}

/** The path that a template gives, relative and without ending: see {@link fillPath}. */
export function fillTemplate(template: string, facts: PathFacts): string {
  const local = localClock(facts.timezone ?? 'UTC')(facts.startedAt.getTime());
  return fillPath(template, (field) => entryOf(FIELDS, field)?.(facts, local) ?? '');
}
