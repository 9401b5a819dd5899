import { invalidArgument } from '../../base/errors.js';
import { checkHours, type Hours, isWithinHours } from '../../base/time/hours.js';
import { machineTimeZone, WEEKDAYS } from '../../base/time/local-time.js';
import type { Speakable } from '../../bot/prompt/speakable.js';

/** The hours of a rule; the weekdays may be given as numbers instead of names. */
export interface AnsweringHours extends Hours {
  /** 0 is Sunday. Default: `weekdays`. */
  readonly days?: readonly number[] | undefined;
}

/** Conditions on a call, and the action of the answering machine. The first rule whose conditions all hold counts. */
export interface AnsweringRule {
  /** Handles or numbers of callers; a `*` at the end stands for anything. Default: all. */
  readonly callers?: readonly string[];
  /** Default: at any time. */
  readonly hours?: AnsweringHours;
  /** The user's USERSTATUS, one of these: `AWAY`, `DND`. Default: any. */
  readonly status?: readonly string[];
  /** Rings this long, in milliseconds, before it is answered: 0 to 120,000. Default: that of the machine. */
  readonly afterMs?: number;
  /** Default: that of the machine. */
  readonly greeting?: Speakable;
  /** False leaves the call alone: it goes on ringing. Default true. */
  readonly answer?: boolean;
}

/** Facts of a call that the conditions of a rule are checked against. */
export interface RingingCall {
  readonly caller: string;
  readonly at: Date;
  readonly userStatus: string;
  /** The zone that hours are of. Default: the machine's. */
  readonly timezone?: string | undefined;
}

/** The first rule that fits; without any, a call is answered. */
export function matchingRule(rules: readonly AnsweringRule[], call: RingingCall): AnsweringRule | undefined {
  const { timezone = machineTimeZone() } = call;
  return rules.find(
    ({ callers, hours, status }) =>
      (callers === undefined || callers.some((pattern) => isCaller(pattern, call.caller))) &&
      (status === undefined || status.includes(call.userStatus)) &&
      (hours === undefined || isWithinHours(named(hours), call.at.getTime(), timezone)),
  );
}

/** @throws ERR_INVALID_ARG, naming what is wrong. */
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

/** The same with names for days. */
function named({ days, ...hours }: AnsweringHours): Hours {
  if (!days) return hours;
  return { ...hours, weekdays: WEEKDAYS.filter((_, index) => days.includes((index + 1) % 7)) };
}
