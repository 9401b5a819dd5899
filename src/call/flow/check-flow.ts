import { entryOf } from '../../entry-of.js';
import { checkTimeZone } from '../../local-time.js';
import type { Prompts } from '../prompt/prompts.js';
import { linksOf } from './flow-links.js';
import type { FlowData, FlowSpeech, FlowStep } from './flow-schema.js';

/** Something that is wrong with a flow of the right shape. */
export interface FlowFinding {
  readonly severity: 'error' | 'warning';
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/**
 * What the shape alone does not tell: steps that are not there or never reached, circles in which no time passes,
 * unknown time zones, missing prompts.
 */
export function checkFlow(flow: FlowData, start: string, prompts?: Prompts): readonly FlowFinding[] {
  return [
    ...checkZone(flow.timezone),
    ...checkLinks(flow, start),
    ...checkReached(flow, start),
    ...checkCircles(flow),
    ...checkLengths(flow),
    ...(prompts ? checkPrompts(flow, prompts) : []),
  ];
}

function* checkZone(zone: string): Generator<FlowFinding> {
  try {
    checkTimeZone(zone);
  } catch {
    yield { severity: 'error', path: ['timezone'], message: `there is no time zone ${zone}` };
  }
}

function* checkLinks(flow: FlowData, start: string): Generator<FlowFinding> {
  if (!Object.hasOwn(flow.steps, start)) yield missingStep(flow, ['start'], start);
  for (const [name, step] of Object.entries(flow.steps)) {
    for (const { to, path } of linksOf(step)) {
      if (!Object.hasOwn(flow.steps, to)) yield missingStep(flow, ['steps', name, ...path], to);
    }
  }
}

function missingStep(flow: FlowData, path: FlowFinding['path'], name: string): FlowFinding {
  const steps = Object.keys(flow.steps).join(', ');
  return { severity: 'error', path, message: `there is no step ${name}; there are ${steps}` };
}

function* checkReached(flow: FlowData, start: string): Generator<FlowFinding> {
  const reached = new Set<string>();
  const ahead = [start];
  for (let name = ahead.pop(); name !== undefined; name = ahead.pop()) {
    const step = entryOf(flow.steps, name);
    if (!step || reached.has(name)) continue;
    reached.add(name);
    ahead.push(...linksOf(step).map(({ to }) => to));
  }
  for (const name of Object.keys(flow.steps)) {
    if (!reached.has(name)) {
      yield { severity: 'warning', path: ['steps', name], message: 'no way leads to this step' };
    }
  }
}

/** A circle of branches would turn for ever in no time. */
function* checkCircles(flow: FlowData): Generator<FlowFinding> {
  for (const [name, step] of Object.entries(flow.steps)) {
    if (step.do !== 'branch') continue;
    const seen = new Set<string>();
    const ahead = linksOf(step).map(({ to }) => to);
    for (let to = ahead.pop(); to !== undefined; to = ahead.pop()) {
      if (to === name) {
        yield {
          severity: 'error',
          path: ['steps', name],
          message: 'branches lead back here and no time passes',
        };
        break;
      }
      const other = entryOf(flow.steps, to);
      if (seen.has(to) || other?.do !== 'branch') continue;
      seen.add(to);
      ahead.push(...linksOf(other).map((link) => link.to));
    }
  }
}

function* checkLengths(flow: FlowData): Generator<FlowFinding> {
  for (const [name, step] of Object.entries(flow.steps)) {
    if (step.do === 'gather' && step.max !== undefined && step.max < step.min) {
      yield { severity: 'error', path: ['steps', name, 'max'], message: `must be min (${step.min}) or more` };
    }
    if (step.do === 'menu' && Object.keys(step.choices).length === 0) {
      yield { severity: 'error', path: ['steps', name, 'choices'], message: 'must hold at least one key' };
    }
  }
}

function* checkPrompts(flow: FlowData, prompts: Prompts): Generator<FlowFinding> {
  for (const [name, step] of Object.entries(flow.steps)) {
    for (const [field, speech] of speechOf(step)) {
      const parts = Array.isArray(speech) ? speech : [speech];
      for (const part of parts) {
        if (typeof part !== 'string' || part.includes('{') || prompts.has(part, flow.language)) continue;
        const message = `there is no recording of ${part} in the folder of prompts`;
        yield { severity: 'error', path: ['steps', name, field], message };
      }
    }
  }
}

/** What a step says, by the field that it stands in. */
function speechOf(step: FlowStep): [field: string, speech: FlowSpeech][] {
  const fields = ['what', 'ask', 'invalid', 'greeting', 'thanks', 'say'] as const;
  const record: { readonly [K in (typeof fields)[number]]?: FlowSpeech | undefined } & Pick<FlowStep, 'do'> =
    step;
  return fields.flatMap((field): [string, FlowSpeech][] => {
    const speech = record[field];
    return speech === undefined ? [] : [[field, speech]];
  });
}
