import type { Speakable } from '../../call/prompt/speakable.js';
import { invalidArgument } from '../../errors.js';

/** Hours of the day, in the machine's time zone; `to` may lie before `from`, which spans midnight. */
export interface AnsweringHours {
  /** `18:00` */
  readonly from: string;
  /** `08:30`; not included. */
  readonly to: string;
  /** 0 is Sunday. The day counts on which `from` lies. Default: all. */
  readonly days?: readonly number[];
}

/** What the answering machine does with a call. The first rule whose conditions all hold is followed. */
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

/** What a rule is asked about. */
export interface RingingCall {
  readonly caller: string;
  readonly at: Date;
  readonly userStatus: string;
}

/** The first rule that fits; without any, a call is answered. */
export function matchingRule(rules: readonly AnsweringRule[], call: RingingCall): AnsweringRule | undefined {
  return rules.find(
    ({ callers, hours, status }) =>
      (callers === undefined || callers.some((pattern) => isCaller(pattern, call.caller))) &&
      (status === undefined || status.includes(call.userStatus)) &&
      (hours === undefined || isWithin(hours, call.at)),
  );
}

/** @throws ERR_INVALID_ARG, naming what is wrong. */
export function checkRules(rules: readonly AnsweringRule[]): void {
  for (const { hours, afterMs } of rules) {
    if (hours) for (const time of [hours.from, hours.to]) minuteOf(time);
    if (hours?.days?.some((day) => !Number.isInteger(day) || day < 0 || day > 6)) {
      throw invalidArgument('days', 'from 0 (Sunday) to 6', hours.days.join(', '));
    }
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

function isWithin({ from, to, days = [0, 1, 2, 3, 4, 5, 6] }: AnsweringHours, at: Date): boolean {
  const minute = at.getHours() * 60 + at.getMinutes();
  const [begin, end] = [minuteOf(from), minuteOf(to)];
  const today = at.getDay();
  if (begin < end) return minute >= begin && minute < end && days.includes(today);
  const yesterday = (today + 6) % 7;
  return (minute >= begin && days.includes(today)) || (minute < end && days.includes(yesterday));
}

function minuteOf(time: string): number {
  const [, hours, minutes] = /^(\d{2}):(\d{2})$/.exec(time) ?? [];
  const value = Number(hours) * 60 + Number(minutes);
  if (!(Number(hours) < 24 && Number(minutes) < 60))
    throw invalidArgument('hours', 'times such as 18:30', time);
  return value;
}
