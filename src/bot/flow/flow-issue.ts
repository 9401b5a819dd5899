import type { z } from 'zod';
import { entryOf } from '../../base/entry-of.js';
import { suggest } from '../../protocol/explain/suggest.js';

type RawIssue = z.core.$ZodRawIssue;

/** Longest value that is shown whole. */
const MAX_SHOWN = 40;
const KINDS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  array: 'a list',
  object: 'a map of fields',
  record: 'a map',
};

/** Describes a refused value for which the schema has no message: the expected, the given and the likely value. */
export function flowIssue(issue: RawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type': {
      const expected = `must be ${kindName(issue.expected)}`;
      return issue.input === undefined
        ? `is missing; it ${expected}`
        : `${expected}, not ${shown(issue.input)}`;
    }
    case 'invalid_value':
      return oneOf(issue.values.map(String), issue.input);
    case 'too_small':
      return limit('least', issue.minimum, issue.origin, issue.input);
    case 'too_big':
      return limit('most', issue.maximum, issue.origin, issue.input);
    case 'invalid_format':
      return `must be a name of letters, digits and _, not ${shown(issue.input)}`;
    case 'invalid_union':
      return kindOfStep(issue) ?? `cannot be ${shown(issue.input)}`;
    default:
      return undefined;
  }
}

/** Returns the word that authors of flows know for a type of the schema library. */
export function kindName(expected: string): string {
  return entryOf(KINDS, expected) ?? expected;
}

/** Describes a step whose `do` names no kind of step. */
function kindOfStep({ discriminator, options, input }: RawIssue): string | undefined {
  if (typeof discriminator !== 'string' || !Array.isArray(options)) return undefined;
  if (typeof input !== 'object' || input === null) return `must be a map of fields, not ${shown(input)}`;
  const value: unknown = Reflect.get(input, discriminator);
  return oneOf(options.map(String), value);
}

function oneOf(values: readonly string[], input: unknown): string {
  const expected = `must be ${values.length === 1 ? values[0] : `one of ${values.join(', ')}`}`;
  if (input === undefined) return `is missing; it ${expected}`;
  const meant = typeof input === 'string' ? suggest(input, values) : undefined;
  return `${expected}, not ${shown(input)}${meant === undefined ? '' : `; did you mean ${meant}?`}`;
}

function limit(side: 'least' | 'most', bound: number | bigint, origin: string, input: unknown): string {
  if (origin === 'string')
    return bound === 1 ? 'must not be empty' : `must have at ${side} ${bound} characters`;
  if (origin === 'array') return `must hold at ${side} ${bound}`;
  return `must be at ${side} ${bound}, not ${shown(input)}`;
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN - 1)}…` : text;
}
