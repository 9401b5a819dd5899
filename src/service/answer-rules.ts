import { checkArgument, listOf, object } from '../base/check.js';
import { entryOf } from '../base/entry-of.js';
import { isWithinHours } from '../base/time/hours.js';
import { localClock, machineTimeZone } from '../base/time/local-time.js';
import { isOnDay } from './calendar.js';
import type { Conditions, ServiceConfig } from './config/service-config.js';

/** A rule of a configuration. */
export type AnswerRule = NonNullable<ServiceConfig['rules']>[number];

/** Named lists of days for conditions. */
export type Calendars = NonNullable<ServiceConfig['calendars']>;

/** Facts of a call for conditions. */
export interface OfferedCall {
  /** Name of the endpoint. */
  readonly endpoint: string;
  /** Handle or number of the caller. */
  readonly caller: string;
  /** The called number; the handle of the account when no number was called. */
  readonly called: string;
  /** The account's USERSTATUS. */
  readonly userStatus: string;
  /** Current time, in milliseconds since the Unix epoch. */
  readonly unixMs: number;
}

/** Result of checking a rule (or another object with conditions) against a call. */
export interface Verdict<Rule> {
  readonly rule: Rule;
  readonly fits: boolean;
  /** The conditions that hold, or the first one that fails, in words. */
  readonly reason: string;
}

/** Checks every rule against a call. Sorted by priority, highest first; rules of equal priority keep their order. */
export function weighRules<Rule extends Conditions & { readonly priority?: number | undefined }>(
  rules: readonly Rule[],
  calendars: Calendars,
  call: OfferedCall,
): readonly Verdict<Rule>[] {
  checkArgument('rules', rules, listOf(object));
  checkArgument('calendars', calendars, object);
  checkArgument('call', call, object);
  return rules
    .toSorted((a, b) => (b.priority ?? 0) - (a.priority ?? 0))
    .map((rule) => {
      const conditions = conditionsOf(rule, call, calendars);
      const failed = conditions.find(({ holds }) => !holds);
      if (failed) return { rule, fits: false, reason: failed.text };
      return { rule, fits: true, reason: conditions.map(({ text }) => text).join('; ') || 'any call' };
    });
}

interface Condition {
  readonly holds: boolean;
  /** The condition and its outcome in words. */
  readonly text: string;
}

/** Longest text in a reason, in characters. */
const MAX_SHOWN = 60;

function conditionsOf(
  rule: Conditions,
  { endpoint, caller, called, userStatus, unixMs }: OfferedCall,
  calendars: Calendars,
): readonly Condition[] {
  const {
    timezone = machineTimeZone(),
    endpoints,
    callers,
    called: numbers,
    hours,
    days,
    notDays,
    status,
  } = rule;
  const local = localClock(timezone)(unixMs);
  const daysOf = (names: readonly string[]) =>
    names.find((name) => isOnDay(entryOf(calendars, name) ?? [], unixMs, timezone));
  const on = days && daysOf(days);
  const notOn = notDays && daysOf(notDays);
  const now = `${local.weekday} ${local.time.slice(0, 5)} in ${timezone}`;
  const within = hours && isWithinHours(hours, unixMs, timezone);
  return [
    endpoints && condition(endpoints.includes(endpoint), 'endpoint', endpoint, endpoints),
    callers && condition(matches(callers, caller), 'caller', caller, callers),
    numbers && condition(matches(numbers, called), 'called', called, numbers),
    status && condition(status.includes(userStatus), 'status', userStatus, status),
    hours && {
      holds: within === true,
      text: `${now} is ${within ? '' : 'not '}within ${hours.from}-${hours.to}${hours.weekdays ? ` of ${hours.weekdays.join(', ')}` : ''}`,
    },
    days && {
      holds: on !== undefined,
      text: `${local.date} is ${on === undefined ? `not a day of ${days.join(', ')}` : `a day of ${on}`}`,
    },
    notDays && {
      holds: notOn === undefined,
      text: `${local.date} is ${notOn === undefined ? `not a day of ${notDays.join(', ')}` : `a day of ${notOn}`}`,
    },
  ].filter((each) => each !== undefined);
}

function condition(holds: boolean, what: string, given: string, allowed: readonly string[]): Condition {
  const list = cut(allowed.slice(0, 10).join(', '));
  return { holds, text: `${what} ${cut(given) || '(unknown)'} is ${holds ? '' : 'not '}one of ${list}` };
}

/** Shortens an untrusted text to one line of bounded length. */
function cut(text: string): string {
  const line = text.slice(0, MAX_SHOWN + 1).replace(/\p{Cc}/gu, ' ');
  return line.length > MAX_SHOWN ? `${line.slice(0, MAX_SHOWN)}…` : line;
}

/** The preprocessed patterns of a condition. */
interface Patterns {
  readonly exact: ReadonlySet<string>;
  readonly prefixes: readonly string[];
}

const compiled = new WeakMap<readonly string[], Patterns>();

/**
 * True when a handle or number matches a pattern. A pattern that ends with `*` is a prefix. Case is ignored, and so are
 * spaces, brackets, dots and dashes in numbers.
 */
function matches(patterns: readonly string[], given: string): boolean {
  const { exact, prefixes } = compiled.get(patterns) ?? compile(patterns);
  const is = spelt(given);
  return exact.has(is) || prefixes.some((prefix) => is.startsWith(prefix));
}

function compile(patterns: readonly string[]): Patterns {
  const isPrefix = (pattern: string) => pattern.endsWith('*');
  const ready = {
    exact: new Set(patterns.filter((each) => !isPrefix(each)).map(spelt)),
    prefixes: [...new Set(patterns.filter(isPrefix).map((each) => spelt(each.slice(0, -1))))],
  };
  compiled.set(patterns, ready);
  return ready;
}

/** Normalises a handle to lower case, and a number to its digits. */
function spelt(text: string): string {
  const digits = text.replace(/[\s().\-/]/g, '');
  return /^\+?\d+$/.test(digits) ? digits : text.toLowerCase();
}
