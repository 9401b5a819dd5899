import { entryOf } from '../../entry-of.js';
import { invalidArgument } from '../../errors.js';
import { safeName } from '../store/safe-name.js';

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
  if (typeof template !== 'string' || template === '' || template.length > 500) {
    throw invalidArgument('template', '1 to 500 characters', template);
  }
  for (const [, field = ''] of template.matchAll(/\{([^}]*)\}/g)) {
    if (!Object.hasOwn(FIELDS, field)) {
      throw invalidArgument('template', `made of {${Object.keys(FIELDS).join('}, {')}}`, `{${field}}`);
    }
  }
  const parts = template.split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..' || /[\\\0]/.test(part))) {
    throw invalidArgument('template', 'a relative path without empty parts, . or ..', template);
  }
  return template;
}

/**
 * The path that a template gives, relative and without ending. Whatever the other party calls itself, each part
 * stays one plain file name: separators, control characters, and what file systems or shells take for something
 * else become `_`.
 */
export function fillTemplate(template: string, facts: PathFacts): string {
  return template
    .split('/')
    .map((part) =>
      safeName(part.replaceAll(/\{([^}]*)\}/g, (_, field: string) => entryOf(FIELDS, field)?.(facts) ?? '')),
    )
    .join('/');
}
