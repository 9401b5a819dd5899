import { isWithinHours } from '../../base/hours.js';
import type { FlowCondition } from './flow-schema.js';
import type { FlowVariables } from './flow-variables.js';

/** Facts that a condition can ask about. */
export interface FlowFacts {
  /** Milliseconds since the Unix epoch. */
  readonly unixMs: number;
  readonly timezone: string;
  readonly caller: string;
  readonly variables: FlowVariables;
}

/** Returns true where a condition of a branch holds. */
export function conditionHolds(when: FlowCondition, facts: FlowFacts): boolean {
  if ('caller' in when) return when.caller.some((pattern) => matches(facts.caller, pattern));
  if ('variable' in when) return when.is.includes(facts.variables.get(when.variable) ?? '');
  // Days without hours are whole days.
  const { weekdays, from = '00:00', to = '24:00' } = { from: undefined, to: undefined, ...when };
  return isWithinHours({ from, to, weekdays }, facts.unixMs, facts.timezone);
}

/** `*` stands for any characters; upper and lower case are the same. Each piece is looked for once: see `growth.test.ts`. */
export function matches(handle: string, pattern: string): boolean {
  const text = handle.toLowerCase();
  const [first = '', ...pieces] = pattern.toLowerCase().split('*');
  const last = pieces.pop();
  if (last === undefined) return text === first;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  for (const piece of pieces) {
    const found = text.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}
