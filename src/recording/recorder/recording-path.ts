import { entryOf } from '../../base/entry-of.js';
import { type LocalTime, localClock } from '../../base/time/local-time.js';
import { checkPathTemplate, fillPath } from '../../files/path-template.js';

/** Values of the fields in a path template. */
export interface PathFacts {
  readonly startedAt: Date;
  /** Time zone of date and time. Default `UTC`. */
  readonly timezone?: string;
  readonly partner: string;
  /** Id of the call, assigned by the endpoint. */
  readonly call: number;
  /** Id of the recording. */
  readonly id: string;
  /** Number of the segment, from 1. */
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

/** Default path of recordings: a folder per day, a file per call. */
export const DEFAULT_TEMPLATE = '{date}/{time}-{partner}-{id}';

/** @throws ERR_INVALID_ARG for an unknown field, an empty part, or a part that leaves the folder. */
export function checkTemplate(template: string): string {
  return checkPathTemplate('template', template, Object.keys(FIELDS));
}

/** Fills in a template. The path is relative and without suffix: see {@link fillPath}. */
export function fillTemplate(template: string, facts: PathFacts): string {
  const local = localClock(facts.timezone ?? 'UTC')(facts.startedAt.getTime());
  return fillPath(template, (field) => entryOf(FIELDS, field)?.(facts, local) ?? '');
}
