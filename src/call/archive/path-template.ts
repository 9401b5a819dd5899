import { entryOf } from '../../entry-of.js';
import { checkPathTemplate, fillPath } from '../../files/path-template.js';

/** What a path template can name. */
export interface PathFacts {
  readonly startedAt: Date;
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

const FIELDS: Readonly<Record<string, (facts: PathFacts) => string>> = {
  date: ({ startedAt }) => startedAt.toISOString().slice(0, 10),
  year: ({ startedAt }) => startedAt.toISOString().slice(0, 4),
  month: ({ startedAt }) => startedAt.toISOString().slice(5, 7),
  day: ({ startedAt }) => startedAt.toISOString().slice(8, 10),
  time: ({ startedAt }) => startedAt.toISOString().slice(11, 19).replaceAll(':', ''),
  partner: ({ partner }) => partner || 'unknown',
  call: ({ call }) => String(call),
  id: ({ id }) => id,
  segment: ({ segment }) => String(segment),
  direction: ({ direction }) => direction || 'unknown',
};

/** Where recordings go by default: a folder a day, a file a call. */
export const DEFAULT_TEMPLATE = '{date}/{time}-{partner}-{id}';

/** @throws ERR_INVALID_ARG for a field that is not known, an empty part, or a part that leads out of the folder. */
export function checkTemplate(template: string): string {
  return checkPathTemplate('template', template, Object.keys(FIELDS));
}

/** The path that a template gives, relative and without ending: see {@link fillPath}. */
export function fillTemplate(template: string, facts: PathFacts): string {
  return fillPath(template, (field) => entryOf(FIELDS, field)?.(facts) ?? '');
}
