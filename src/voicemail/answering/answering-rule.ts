import { invalidArgument } from '../../base/errors.js';
import { checkHours, type Hours, isWithinHours } from '../../base/time/hours.js';
import { machineTimeZone, WEEKDAYS } from '../../base/time/local-time.js';
import type { Speakable } from '../../bot/prompt/speakable.js';

/** The hours of a rule. Weekdays may be numbers instead of names. */
export interface AnsweringHours extends Hours {
  /** Weekdays as numbers; 0 is Sunday. Default: `weekdays`. */
  readonly days?: readonly number[] | undefined;
}

/** Conditions on a call, and the action of the answering machine. The first rule with all conditions met is used. */
export interface AnsweringRule {
  /** Handles or numbers of callers. A `*` at the end matches any rest. Default: all. */
  readonly callers?: readonly string[];
  /** Hours in which the rule applies. Default: at any time. */
  readonly hours?: AnsweringHours;
  /** Accepted values of the user's USERSTATUS, such as `AWAY` and `DND`. Default: any. */
  readonly status?: readonly string[];
  /** Time of ringing before it is answered, in milliseconds: 0 to 120,000. Default: that of the machine. */
  readonly afterMs?: number;
  /** Greeting. Default: that of the machine. */
  readonly greeting?: Speakable;
  /** False to not answer: the call keeps ringing. Default true. */
  readonly answer?: boolean;
}

/** Facts of a call for the conditions of rules. */
export interface RingingCall {
  readonly caller: string;
  readonly at: Date;
  readonly userStatus: string;
  /** Time zone of hours. Default: that of the machine. */
  readonly timezone?: string | undefined;
}

/** The first matching rule. A call without a matching rule is answered. */
export function matchingRule(rules: readonly AnsweringRule[], call: RingingCall): AnsweringRule | undefined {
  const { timezone = machineTimeZone() } = call;
  return rules.find(
    ({ callers, hours, status }) =>
      (callers === undefined || callers.some((pattern) => isCaller(pattern, call.caller))) &&
      (status === undefined || status.includes(call.userStatus)) &&
      (hours === undefined || isWithinHours(named(hours), call.at.getTime(), timezone)),
  );
}

/** @throws ERR_INVALID_ARG, with the name of the field. */
export function checkRules(rules: readonly AnsweringRule[]): void {
  for (const { hours, afterMs } of rules) {
    if (hours?.days?.some((day) => !Number.isInteger(day) || day < 0 || day > 6)) {
      throw invalidArgument('days', 'from 0 (Sunday) to 6', hours.days.join(', '));
    }
    if (hours) checkHours(named(hours));
    if (afterMs !== undefined) checkAfterMs(afterMs);
  }
}

/** @throws ERR_INVALID_ARG */
export function checkAfterMs(afterMs: number): void {
  if (!(afterMs >= 0 && afterMs <= 120_000)) throw invalidArgument('afterMs', 'from 0 to 120000 ms', afterMs);
}

function isCaller(pattern: string, caller: string): boolean {
  const [wanted, given] = [pattern.toLowerCase(), caller.toLowerCase()];
  return wanted.endsWith('*') ? given.startsWith(wanted.slice(0, -1)) : given === wanted;
}

/** Converts `days` to names of weekdays. */
function named({ days, ...hours }: AnsweringHours): Hours {
  if (!days) return hours;
  return { ...hours, weekdays: WEEKDAYS.filter((_, index) => days.includes((index + 1) % 7)) };
}
