import { WEEKDAYS, type Weekday } from '../../base/time/local-time.js';
import type { FlowCondition } from './flow-parts.js';
import type { FlowStep } from './flow-schema.js';

/** A link from a step to a next step. */
export interface FlowLink {
  readonly to: string;
  /** Condition under which this link is taken; empty when it is the only one. */
  readonly label: string;
  /** Path to the field within the step. */
  readonly path: readonly (string | number)[];
}

/** Returns the links of a step, in the order in which they are tried. */
export function linksOf(step: FlowStep): readonly FlowLink[] {
  switch (step.do) {
    case 'say':
    case 'clearDigits':
    case 'set':
    case 'language':
    case 'record':
    case 'recording':
    case 'hold':
    case 'flow':
      return next(step.next, '');
    case 'menu':
      return [...choices(step.choices, 'choices'), ...otherwise(step.otherwise)];
    case 'gather':
      return [...next(step.next, `{${step.save}}`), ...otherwise(step.otherwise)];
    case 'count':
      return [
        ...next(step.next, `{${step.variable}} to ${step.limit}`),
        ...otherwise(step.otherwise, 'beyond'),
      ];
    case 'message':
    case 'fork':
    case 'leaveVoicemail':
      return [...next(step.next, ''), ...otherwise(step.otherwise, 'failed')];
    case 'http':
      return [
        ...choices(step.statuses, 'statuses'),
        ...next(step.next, step.statuses ? '2xx' : ''),
        ...otherwise(step.otherwise, 'failed'),
      ];
    case 'branch':
      return [
        ...step.cases.map(({ when, next: to }, index) => ({
          to,
          label: describeCondition(when),
          path: ['cases', index, 'next'],
        })),
        ...otherwise(step.otherwise),
      ];
    case 'enqueue':
      return [
        ...choices(step.results, 'results'),
        ...next(step.next, 'served'),
        ...otherwise(step.otherwise),
      ];
    case 'hook':
      return [
        ...choices(step.results, 'results'),
        ...next(step.next, step.results ? 'else' : ''),
        ...otherwise(step.otherwise, 'failed'),
      ];
    case 'transfer':
      return otherwise(step.otherwise, 'not taken');
    case 'voicemail':
    case 'hangup':
      return [];
    default:
      return step satisfies never;
  }
}

/** Makes a link for each key of a field. */
function choices(field: Readonly<Record<string, string>> = {}, name: string): FlowLink[] {
  return Object.entries(field).map(([label, to]) => ({ to, label, path: [name, label] }));
}

function next(to: string | undefined, label: string): FlowLink[] {
  return to === undefined ? [] : [{ to, label, path: ['next'] }];
}

function otherwise(to: string | undefined, label = 'otherwise'): FlowLink[] {
  return to === undefined ? [] : [{ to, label, path: ['otherwise'] }];
}

function describeCondition(when: FlowCondition): string {
  if ('all' in when) return when.all.map(describeCondition).join(' and ');
  if ('any' in when) return when.any.map(describeCondition).join(' or ');
  if ('not' in when) return `not ${describeCondition(when.not)}`;
  if ('caller' in when) return `caller ${when.caller.join(', ')}`;
  if ('deadAirMs' in when) return `no speech for ${when.deadAirMs / 1000} s`;
  if ('variable' in when) return `{${when.variable}} ${describeValue(when)}`;
  const days = when.weekdays && describeDays(when.weekdays);
  return 'from' in when ? [days, `${when.from}–${when.to}`].filter(Boolean).join(' ') : (days ?? '');
}

function describeValue(when: Extract<FlowCondition, { variable: string }>): string {
  if ('is' in when) return `is ${when.is.join(', ')}`;
  if ('in' in when) return `in ${when.in}`;
  if ('like' in when) return `like ${when.like.join(', ')}`;
  return [
    ...(when.atLeast === undefined ? [] : [`≥ ${when.atLeast}`]),
    ...(when.atMost === undefined ? [] : [`≤ ${when.atMost}`]),
  ].join(' ');
}

/** Describes days: `mon–fri` for consecutive days, `mon wed sun` for others. */
function describeDays(days: readonly Weekday[]): string {
  const week = WEEKDAYS.filter((day) => days.includes(day));
  const isRun = week.every(
    (day, index) => index === 0 || WEEKDAYS[WEEKDAYS.indexOf(day) - 1] === week[index - 1],
  );
  return isRun && week.length > 2 ? `${week[0]}–${week.at(-1)}` : week.join(' ');
}
