import type { FlowFinding } from './flow-error.js';
import type { FlowCondition } from './flow-parts.js';
import type { FlowData, FlowStep } from './flow-schema.js';

type Path = FlowFinding['path'];

/** Variables of the call itself. */
const OF_THE_CALL = ['caller', 'callerName', 'call', 'today'];

/** True when the flow has hooks, which may set any variable. */
export function hasHooks({ steps }: FlowData): boolean {
  return Object.values(steps).some((step) => step.do === 'hook');
}

/** Names of the variables that the steps of a flow save. */
export function savedIn({ steps }: FlowData): readonly string[] {
  return Object.values(steps).flatMap(savedBy);
}

function savedBy(step: FlowStep): readonly string[] {
  switch (step.do) {
    case 'gather':
    case 'record':
    case 'voicemail':
      return [step.save];
    case 'http':
      return Object.keys(step.save);
    case 'set':
      return Object.keys(step.values);
    case 'count':
      return [step.variable];
    case 'flow':
      return Object.keys(step.with ?? {});
    default:
      return [];
  }
}

/** Finds variables that no step saves. */
export function* checkVariables(flow: FlowData, given: readonly string[]): Generator<FlowFinding> {
  const known = [...new Set([...OF_THE_CALL, ...given])];
  const used = textsIn(flow.steps, ['steps']).flatMap(({ text, path }) =>
    [...text.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({ name, path })),
  );
  for (const { name, path } of [...used, ...askedFor(flow)]) {
    if (known.includes(name)) continue;
    yield { severity: 'error', path, message: `no step saves {${name}}; there are ${known.join(', ')}` };
  }
}

/** Finds lists that are not defined. */
export function* checkLists({ steps, lists = {} }: FlowData): Generator<FlowFinding> {
  const there = Object.keys(lists).join(', ') || 'none';
  for (const { when, path } of conditionsIn(steps)) {
    if (!('in' in when) || Object.hasOwn(lists, when.in)) continue;
    yield {
      severity: 'error',
      path: [...path, 'in'],
      message: `there is no list ${when.in}; there are ${there}`,
    };
  }
}

/** Returns every condition of a flow's branches, nested ones included, with its path. */
export function conditionsIn(steps: FlowData['steps']): { when: FlowCondition; path: Path }[] {
  return Object.entries(steps).flatMap(([step, each]) =>
    (each.do === 'branch' ? each.cases : []).flatMap(({ when }, index) =>
      within(when, ['steps', step, 'cases', index, 'when']),
    ),
  );
}

function within(when: FlowCondition, path: Path): { when: FlowCondition; path: Path }[] {
  const inner =
    'all' in when
      ? when.all.map((each, index) => within(each, [...path, 'all', index]))
      : 'any' in when
        ? when.any.map((each, index) => within(each, [...path, 'any', index]))
        : 'not' in when
          ? [within(when.not, [...path, 'not'])]
          : [];
  return [{ when, path }, ...inner.flat()];
}

/** Returns the variables that branches test. */
function askedFor({ steps }: FlowData): { name: string; path: Path }[] {
  return conditionsIn(steps).flatMap(({ when, path }) =>
    'variable' in when ? [{ name: when.variable, path: [...path, 'variable'] }] : [],
  );
}

/** Returns every text in a value, with its path. */
export function textsIn(value: unknown, path: Path): { readonly text: string; readonly path: Path }[] {
  if (typeof value === 'string') return [{ text: value, path }];
  if (typeof value !== 'object' || value === null) return [];
  const keyOf = (key: string) => (Array.isArray(value) ? Number(key) : key);
  return Object.entries(value).flatMap(([key, each]) => textsIn(each, [...path, keyOf(key)]));
}
