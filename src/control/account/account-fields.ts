import { entryOf } from '../../base/entry-of.js';
import { JackfieldError } from '../../base/errors.js';

/** An object in an answer, with unknown fields. */
export type Fields = Readonly<Record<string, unknown>>;

/** @throws ERR_UNEXPECTED_REPLY for a value that is not an object. */
export function asFields(value: unknown, what: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw unexpected(what, 'an object');
}

/** @throws ERR_UNEXPECTED_REPLY for a value that is not a list. */
export function asList(value: unknown, what: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw unexpected(what, 'a list');
}

/** Gets the text of a field; empty when there is none. */
export function textIn(fields: Fields, name: string): string {
  const value = entryOf(fields, name);
  return typeof value === 'string' ? value : '';
}

/** Gets the text of a field; null when there is none. */
export function textOrNull(fields: Fields, name: string): string | null {
  return textIn(fields, name) || null;
}

function unexpected(what: string, expected: string): JackfieldError {
  return new JackfieldError(
    'ERR_UNEXPECTED_REPLY',
    `The answer has an invalid ${what}: expected ${expected}.`,
  );
}
