import { isWithinHours } from '../../base/time/hours.js';
import type { FlowCondition } from './flow-parts.js';
import { type FlowVariables, filledIn } from './flow-variables.js';
import { isLike } from './like-pattern.js';

/** Facts that conditions are evaluated against. */
export interface FlowFacts {
  /** Milliseconds since the Unix epoch. */
  readonly unixMs: number;
  readonly timezone: string;
  readonly caller: string;
  /** Length of the present silence of both sides, in milliseconds; 0 when it is not known. */
  readonly silentMs: number;
  readonly variables: FlowVariables;
  /** Values of the flow's lists, by the names of the lists. */
  readonly lists: ReadonlyMap<string, ReadonlySet<string>>;
}

/** Returns true when a condition of a branch holds. A condition on a variable without a value does not hold. */
export function conditionHolds(when: FlowCondition, facts: FlowFacts): boolean {
  if ('all' in when) return when.all.every((each) => conditionHolds(each, facts));
  if ('any' in when) return when.any.some((each) => conditionHolds(each, facts));
  if ('not' in when) return !conditionHolds(when.not, facts);
  if ('caller' in when) return when.caller.some((pattern) => isLike(facts.caller, pattern));
  if ('deadAirMs' in when) return facts.silentMs >= when.deadAirMs;
  if ('variable' in when) return valueHolds(when, facts);
  // Days without hours are whole days.
  const { weekdays, from = '00:00', to = '24:00' } = { from: undefined, to: undefined, ...when };
  return isWithinHours({ from, to, weekdays }, facts.unixMs, facts.timezone);
}

function valueHolds(
  when: Extract<FlowCondition, { variable: string }>,
  { variables, lists }: FlowFacts,
): boolean {
  const value = variables.get(when.variable);
  // The empty text in the list stands for a variable without a value.
  if ('is' in when) return when.is.some((each) => filledIn(each, variables) === (value ?? ''));
  if (value === undefined) return false;
  if ('in' in when) return lists.get(when.in)?.has(value) === true;
  if ('like' in when) return when.like.some((pattern) => isLike(value, pattern));
  const number = numberOf(value);
  const bound = (given: number | string | undefined, open: number) =>
    given === undefined ? open : numberOf(filledIn(String(given), variables));
  return (
    number >= bound(when.atLeast, Number.NEGATIVE_INFINITY) &&
    number <= bound(when.atMost, Number.POSITIVE_INFINITY)
  );
}

/** Reads a decimal number; NaN for other values, for which every comparison is false. */
function numberOf(value: string | undefined): number {
  return value !== undefined && /^-?\d{1,15}(\.\d{1,15})?$/.test(value) ? Number(value) : Number.NaN;
}
