import { JackfieldError } from '../../src/base/errors.js';
import * as jackfield from '../all-names.js';
import { callOf, show, thrownBy } from './call-door.js';
import type { Cast } from './cast.js';
import { exceptionOf, isDoor } from './exceptions.js';
import { type Door, publicDoors } from './public-types.js';
import { nameOf, senseFor } from './sense.js';
import { isInStatedRange } from './stated-range.js';
import { oddValues, type Tried, wrongValues } from './wrong-values.js';

/** Time after which a call has taken what it got, in ms, where it has to refuse it: none waits so long. */
const LONG_MS = 5000;
/** The same where it may take it. */
const SHORT_MS = 10;

/** Every function, constructor and method of the public types, by name. */
export const doors: readonly [name: string, door: Door][] = publicDoors().map((door) => [door.name, door]);

/** Tells which values that do not fit by their type were not refused by name. */
export function notRefused(door: Door, cast: Cast): Promise<string[]> {
  return faults(door, cast, wrongValues, async (tried, call) => {
    const error = await call(tried.value, LONG_MS);
    return isRefusal(error, tried) ? undefined : told(error);
  });
}

/**
 * Tells for which values that fit, but are rarely meant, something else is thrown than an error with a code; and which
 * numbers are taken, or refused, though the range that the door itself states for them says otherwise.
 */
export function notAsTold(door: Door, cast: Cast): Promise<string[]> {
  /** Refusals of NaN, by the place of a number. They state its range. */
  const refusals = new Map<string, JackfieldError>();
  return faults(door, cast, oddValues, async (tried, call) => {
    let error = await call(tried.value, SHORT_MS);
    if (error !== undefined && !(error instanceof JackfieldError)) return told(error);
    if (typeof tried.value !== 'number') return undefined;
    const stated = refusals.get(tried.place) ?? ((await call(Number.NaN, LONG_MS)) as JackfieldError);
    refusals.set(tried.place, stated);
    const isIn = isInStatedRange(stated.message, tried.value);
    // What has to be refused may be refused late, on a busy machine.
    if (isIn === false) error ??= await call(tried.value, LONG_MS);
    if (isIn === undefined || isIn !== isRefusal(error, tried)) return undefined;
    return isIn && error && wordsOf(error) !== wordsOf(stated)
      ? undefined
      : `${told(error)}, but: ${stated.message}`;
  });
}

/** Calls with a value in one place, and gives what is thrown. */
type Try = (value: unknown, patienceMs: number) => Promise<unknown>;

async function faults(
  door: Door,
  cast: Cast,
  valuesFor: typeof wrongValues,
  faultOf: (tried: Tried, call: Try) => Promise<string | undefined>,
): Promise<string[]> {
  if (!isDoor(door, cast, jackfield)) return [];
  const call = callOf(door, cast);
  if (!call) return [`nobody in the cast has ${door.name}`];
  const sense = senseFor(door, cast);
  const wrong: string[] = [];
  for (const [at, parameter] of door.parameters.entries()) {
    for (const tried of valuesFor(parameter, sense)) {
      const [name = ''] = tried.names;
      if (exceptionOf(door.name, name)) continue;
      const given = (value: unknown) => [
        ...door.parameters.slice(0, at).map(sense),
        tried.argument(value),
        ...door.parameters.slice(at + 1).map((other) => (other.isNeeded ? sense(other) : undefined)),
      ];
      const fault = await faultOf(tried, (value, patienceMs) => thrownBy(call, given(value), patienceMs));
      if (fault) wrong.push(`${name}: ${show(tried.argument(tried.value))} ${fault}`);
    }
  }
  return wrong;
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message.replace(/; got .*/s, '') : '';
}

function isRefusal(error: unknown, { names }: Tried): boolean {
  if (!(error instanceof JackfieldError) || error.code !== 'ERR_INVALID_ARG') return false;
  const name = names.map(nameOf).join('|');
  return new RegExp(`^(?:\\w+(?:\\[\\d+\\])?\\.)*(?:${name})(?:\\[\\d+\\])?(?:\\.\\w+)* must be `).test(
    error.message,
  );
}

function told(error: unknown): string {
  if (error === undefined) return 'was taken';
  if (error instanceof JackfieldError) return `is refused with ${error.code}: ${error.message}`;
  return `throws ${error instanceof Error ? error.stack : String(error)}`;
}
