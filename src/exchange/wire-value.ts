import { entryOf } from '../base/entry-of.js';
import { invalidArgument, JackfieldError } from '../base/errors.js';
import type { PARAMETERS } from '../protocol/catalogue/parameters.js';
import type { PropertySpec } from '../protocol/catalogue/spec.js';
import { PROFILE, USER } from '../protocol/catalogue/user.js';
import { hasLineBreak, lineBreakError } from '../protocol/serialize.js';
import { decodeParameter, decodeProperty } from '../protocol/values.js';
import { type Identity, isHandle, phoneNumber } from '../switch/identity.js';

/** Longest value that the exchange accepts by default, in characters. */
const MAX_LENGTH = 1000;

/** Limits of the properties and parameters that differ from `MAX_LENGTH`, in characters. */
const MAX_LENGTHS: Readonly<Record<string, number>> = {
  ABOUT: 50_000,
  MOOD_TEXT: 10_000,
  RICH_MOOD_TEXT: 10_000,
  CALL_FORWARD_RULES: 10_000,
  SMS_VALIDATED_NUMBERS: 10_000,
  FULLNAME: 300,
  DISPLAYNAME: 300,
  USERS: 50_000,
};

/** Longest name of a person or a program, in characters. */
export const MAX_NAME_LENGTH = 300;

/**
 * Checks text before it is stored, since it will be sent on the wire later. All input passes through here: commands,
 * options, scenarios, stored state.
 *
 * @param max in characters.
 * @returns the text.
 * @throws ERR_LINE_BREAK for CR, LF or NUL; ERR_INVALID_ARG for a value that is not text or is longer than `max`.
 */
export function checkText(name: string, text: unknown, max = MAX_LENGTH): string {
  if (typeof text !== 'string') throw invalidArgument(name, 'text', text);
  if (hasLineBreak(text)) throw lineBreakError(name);
  if (text.length > max) throw tooLong(name, text, max);
  return text;
}

/** Checks the value of a stored property against its length limit. @throws as {@link checkText} */
export function checkKept(property: string, value: unknown): string {
  return checkText(property, value, maxLength(property));
}

/** Checks a property of a user's profile. @throws ERR_INVALID_ARG, ERR_LINE_BREAK, ERR_SYNTAX */
export function checkProfile(property: string, value: unknown): string {
  const own = entryOf<PropertySpec>(PROFILE.properties, property);
  if (own) return checkTyped('PROFILE', property, own, value);
  return checkContact(property, value);
}

/** Checks a property that a user sets on another. @throws as {@link checkProfile} */
export function checkContact(property: string, value: unknown): string {
  const spec = entryOf<PropertySpec>(USER.properties, property);
  if (!spec) throw invalidArgument('property', "one of the API's", property);
  return checkTyped('USER', property, spec, value);
}

/** Checks the value of a general parameter. @throws as {@link checkProfile} */
export function checkParameter(parameter: keyof typeof PARAMETERS, value: unknown): string {
  const text = checkText(parameter, value, maxLength(parameter));
  decodeParameter(parameter, text);
  return text;
}

/**
 * Checks the identity of one end of a call.
 *
 * @throws ERR_INVALID_ARG for a handle that is neither a Skype name nor a phone number, or a name that is too long;
 * ERR_LINE_BREAK.
 */
export function checkIdentity<T extends Identity>(name: string, identity: T): T {
  const { handle, fullName } = identity;
  if (typeof handle !== 'string' || !(isHandle(handle) || phoneNumber(handle) === handle)) {
    throw invalidArgument(`${name}.handle`, 'a Skype name, or a phone number that begins with +', handle);
  }
  checkText(`${name}.fullName`, fullName, MAX_NAME_LENGTH);
  return identity;
}

/** Turns text from outside into one line of limited length. For text that is better cut than refused. */
export function asLine(text: string, max = MAX_LENGTH): string {
  // A surrogate pair is not cut in half.
  const end = /[\ud800-\udbff]/.test(text.charAt(max - 1)) ? max - 1 : max;
  return text.slice(0, end).replace(/[\s\0]+/g, ' ');
}

function checkTyped(
  object: 'PROFILE' | 'USER',
  property: string,
  spec: PropertySpec,
  value: unknown,
): string {
  const text = checkText(property, value, maxLength(property));
  // Every property may be empty, which means that it is not set.
  if (text === '') return text;
  const decoded = decodeProperty(object, property as 'FULLNAME', text);
  if (spec.type === 'date' && decoded === undefined && text !== '0') {
    throw new JackfieldError(
      'ERR_SYNTAX',
      `${property} must be a date as YYYYMMDD, or 0; got ${JSON.stringify(text)}.`,
    );
  }
  return text;
}

function maxLength(name: string): number {
  return entryOf(MAX_LENGTHS, name) ?? MAX_LENGTH;
}

function tooLong(name: string, text: string, max: number): JackfieldError {
  return new JackfieldError(
    'ERR_INVALID_ARG',
    `${name} must have at most ${max} characters; got ${text.length}. Shorten it.`,
  );
}
