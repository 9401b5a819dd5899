import type { FlowCondition } from './flow-schema.js';
import type { FlowVariables } from './flow-variables.js';

/** What a condition can ask about. */
export interface FlowFacts {
  /** Milliseconds since the Unix epoch. */
  readonly unixMs: number;
  readonly timezone: string;
  readonly caller: string;
  readonly variables: FlowVariables;
}

/** Whether a condition of a branch holds. */
export function conditionHolds(when: FlowCondition, facts: FlowFacts): boolean {
  if ('caller' in when) return when.caller.some((pattern) => matches(facts.caller, pattern));
  if ('variable' in when) return when.is.includes(facts.variables.get(when.variable) ?? '');
  const { weekday, time } = localTime(facts.unixMs, facts.timezone);
  if (when.weekdays && !when.weekdays.some((day) => day === weekday)) return false;
  if (!('from' in when)) return true;
  // A span may pass midnight: 22:00 to 06:00.
  return when.from <= when.to ? time >= when.from && time < when.to : time >= when.from || time < when.to;
}

/** `*` stands for any characters; upper and lower case are the same. */
function matches(handle: string, pattern: string): boolean {
  const pieces = pattern.split('*').map((piece) => piece.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${pieces.join('[^]*')}$`, 'i').test(handle);
}

function localTime(unixMs: number, timeZone: string): { readonly weekday: string; readonly time: string } {
  const format = new Intl.DateTimeFormat('en-GB', {
    ...{ timeZone, weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  });
  const parts = new Map(format.formatToParts(unixMs).map(({ type, value }) => [type, value]));
  return {
    weekday: (parts.get('weekday') ?? '').toLowerCase(),
    time: `${parts.get('hour')}:${parts.get('minute')}`,
  };
}
