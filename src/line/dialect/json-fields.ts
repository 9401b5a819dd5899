import { entryOf } from '../../base/entry-of.js';
import { JackfieldError } from '../../base/errors.js';

/** Fields of a JSON object. Read them with the functions below, which ignore the properties of the prototype. */
export type JsonFields = Readonly<Record<string, unknown>>;

/** Deepest nesting of a message. The dialects need four levels at most. */
const MAX_DEPTH = 32;
/** Longest name or identity that is kept, in characters. */
const MAX_TEXT = 4096;
/** Most entries of an object that are kept. */
const MAX_ENTRIES = 200;

/** Reads a message that has to be a JSON object. @throws ERR_SYNTAX; ERR_LIMIT when it is nested too deeply. */
export function readJsonMessage(text: string, what: string): JsonFields {
  if (isDeep(text))
    throw new JackfieldError('ERR_LIMIT', `A message of ${what} is nested more than ${MAX_DEPTH} deep.`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const told = `A message of ${what} must be JSON; got a text of ${text.length} characters that is not.`;
    throw new JackfieldError('ERR_SYNTAX', told, { cause });
  }
  const fields = asFields(value);
  if (!fields)
    throw new JackfieldError('ERR_SYNTAX', `A message of ${what} must be a JSON object; got other JSON.`);
  return fields;
}

/** Returns a text field. A number becomes text. */
export function textField(fields: JsonFields | undefined, name: string): string | undefined {
  const value = fields && entryOf(fields, name);
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value.length <= MAX_TEXT ? value : undefined;
}

/** Returns a text field of any length, such as audio. */
export function longField(fields: JsonFields | undefined, name: string): string | undefined {
  const value = fields && entryOf(fields, name);
  return typeof value === 'string' ? value : undefined;
}

/** Returns a number field. A text that is a number becomes one. */
export function numberField(fields: JsonFields | undefined, name: string): number | undefined {
  const value = fields && entryOf(fields, name);
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

/** Returns a field that is an object. */
export function objectField(fields: JsonFields | undefined, name: string): JsonFields | undefined {
  return fields && asFields(entryOf(fields, name));
}

/** Returns the fields that are texts or numbers, as texts. Other fields are left out. */
export function textFields(fields: JsonFields | undefined): Record<string, string> {
  const texts: [string, string][] = [];
  for (const name of Object.keys(fields ?? {})) {
    const value = textField(fields, name);
    if (value !== undefined && name.length <= MAX_TEXT && texts.length < MAX_ENTRIES)
      texts.push([name, value]);
  }
  return Object.fromEntries(texts);
}

/** Returns the value of a required field. @throws ERR_SYNTAX with its name when it is missing. */
export function neededField<T>(value: T | undefined, name: string, what: string): T {
  if (value === undefined) throw new JackfieldError('ERR_SYNTAX', `A message of ${what} has no ${name}.`);
  return value;
}

function asFields(value: unknown): JsonFields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as JsonFields)
    : undefined;
}

/**
 * Returns true for text that is nested too deeply. Text with few brackets cannot be, so messages of audio are not
 * parsed twice.
 */
function isDeep(text: string): boolean {
  let brackets = 0;
  for (const bracket of ['{', '[']) {
    for (let at = text.indexOf(bracket); at >= 0 && brackets <= MAX_DEPTH; at = text.indexOf(bracket, at + 1))
      brackets++;
  }
  if (brackets <= MAX_DEPTH) return false;
  let depth = 0;
  let isQuoted = false;
  for (let at = 0; at < text.length; at++) {
    const letter = text[at];
    if (isQuoted && letter === '\\') at++;
    else if (letter === '"') isQuoted = !isQuoted;
    else if (!isQuoted && (letter === '{' || letter === '[') && ++depth > MAX_DEPTH) return true;
    else if (!isQuoted && (letter === '}' || letter === ']')) depth--;
  }
  return false;
}
