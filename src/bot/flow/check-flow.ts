import { entryOf } from '../../base/entry-of.js';
import { messageOf } from '../../base/errors.js';
import { checkTimeZone } from '../../base/local-time.js';
import type { Prompts } from '../prompt/prompts.js';
import { checkFolder, foldersOf } from './flow-folders.js';
import { linksOf } from './flow-links.js';
import type { FlowData } from './flow-schema.js';
import { utterancesOf } from './flow-speech.js';

/** Something that is wrong with a flow of the right shape. */
export interface FlowFinding {
  readonly severity: 'error' | 'warning';
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Prompts and hooks that a flow is checked against. */
export interface FlowContext {
  /** Prompts that speak its texts. Default: neither its texts are checked, nor the folders that it records to. */
  readonly prompts?: Prompts | undefined;
  /** Names of the hooks that there are. Default: they are not checked. */
  readonly hooks?: readonly string[] | undefined;
  /** Names of the variables that a bot is given. Default: variables are not checked. */
  readonly variables?: readonly string[] | undefined;
  /** Folder that paths are relative to. */
  readonly folder: string;
  /** Names of steps whose shape is wrong: nothing is known of them but that they are there. */
  readonly broken?: readonly string[];
}

/**
 * Finds the faults that the schema cannot see: steps that are missing or never reached, loops in which no time passes,
 * unknown time zones, missing hooks, and texts that cannot be spoken.
 */
export async function checkFlow(
  flow: FlowData,
  start: string,
  context: FlowContext,
): Promise<readonly FlowFinding[]> {
  const { prompts, hooks, variables, folder, broken = [] } = context;
  return [
    ...checkZone(flow.timezone),
    ...checkLinks(flow, start, broken),
    ...(broken.length === 0 ? checkReached(flow, start) : []),
    ...checkCircles(flow),
    ...checkLengths(flow),
    ...checkHours(flow),
    ...checkGoodbye(flow),
    ...(variables && broken.length === 0 ? checkVariables(flow, variables) : []),
    ...(hooks ? checkHooks(flow, hooks) : []),
    ...(prompts ? await checkSpeech(flow, folder, prompts) : []),
    ...(prompts ? await findUnmakeable(flow, folder) : []),
  ];
}

function* checkZone(zone: string): Generator<FlowFinding> {
  try {
    checkTimeZone(zone);
  } catch {
    yield { severity: 'error', path: ['timezone'], message: `there is no time zone ${zone}` };
  }
}

function* checkLinks(flow: FlowData, start: string, broken: readonly string[]): Generator<FlowFinding> {
  const isThere = (name: string) => Object.hasOwn(flow.steps, name) || broken.includes(name);
  const isEmpty = Object.keys(flow.steps).length === 0;
  if (!isEmpty && !isThere(start)) yield missingStep(flow, ['start'], start);
  for (const [name, step] of Object.entries(flow.steps)) {
    for (const { to, path } of linksOf(step)) {
      if (!isThere(to)) yield missingStep(flow, ['steps', name, ...path], to);
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

/** Hours that end a minute before midnight mean the end of the day, most often. */
function* checkHours(flow: FlowData): Generator<FlowFinding> {
  for (const [name, step] of Object.entries(flow.steps)) {
    if (step.do !== 'branch') continue;
    for (const [index, { when }] of step.cases.entries()) {
      if (!('to' in when) || when.to !== '23:59') continue;
      const message = 'the minute before midnight is not included; "24:00" is the end of the day';
      yield { severity: 'warning', path: ['steps', name, 'cases', index, 'when', 'to'], message };
    }
  }
}

function* checkHooks(flow: FlowData, hooks: readonly string[]): Generator<FlowFinding> {
  for (const [name, step] of Object.entries(flow.steps)) {
    if (step.do !== 'hook' || hooks.includes(step.name)) continue;
    const there = hooks.length === 0 ? 'there are none' : `there are ${hooks.join(', ')}`;
    const message = `there is no hook ${step.name}, which is code: ${there}`;
    yield { severity: 'error', path: ['steps', name, 'name'], message };
  }
}

/** The goodbye belongs to the bot, not to a call. */
function* checkGoodbye({ goodbye }: FlowData): Generator<FlowFinding> {
  for (const { text, path } of textsIn(goodbye, ['goodbye'])) {
    const [variable] = /\{\w+\}/.exec(text) ?? [];
    if (variable === undefined) continue;
    const message = `${variable} has no value here: goodbye is the same for all calls`;
    yield { severity: 'error', path, message };
  }
}

/** Variables of the call itself. */
const OF_THE_CALL = ['caller', 'callerName', 'call', 'today'];

/** A hook may set any variable: a flow with one is not checked. */
function* checkVariables(flow: FlowData, given: readonly string[]): Generator<FlowFinding> {
  const steps = Object.entries(flow.steps);
  if (steps.some(([, step]) => step.do === 'hook')) return;
  const saved = steps.flatMap(([, step]) => ('save' in step ? [step.save] : []));
  const known = [...new Set([...OF_THE_CALL, ...given, ...saved])];
  const used = textsIn(flow.steps, ['steps']).flatMap(({ text, path }) =>
    [...text.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({ name, path })),
  );
  for (const { name, path } of [...used, ...askedFor(flow)]) {
    if (known.includes(name)) continue;
    const message = `no step saves {${name}}; there are ${known.join(', ')}`;
    yield { severity: 'error', path, message };
  }
}

/** Variables that branches ask for. */
function askedFor(flow: FlowData): { name: string; path: FlowFinding['path'] }[] {
  return Object.entries(flow.steps).flatMap(([step, each]) =>
    (each.do === 'branch' ? each.cases : []).flatMap(({ when }, index) => {
      const path = ['steps', step, 'cases', index, 'when', 'variable'];
      return 'variable' in when ? [{ name: when.variable, path }] : [];
    }),
  );
}

interface FlowText {
  readonly text: string;
  readonly path: FlowFinding['path'];
}

function textsIn(value: unknown, path: FlowFinding['path']): FlowText[] {
  if (typeof value === 'string') return [{ text: value, path }];
  if (typeof value !== 'object' || value === null) return [];
  const keyOf = (key: string) => (Array.isArray(value) ? Number(key) : key);
  return Object.entries(value).flatMap(([key, each]) => textsIn(each, [...path, keyOf(key)]));
}

async function checkSpeech(flow: FlowData, folder: string, prompts: Prompts): Promise<FlowFinding[]> {
  const { language } = flow;
  const findings: FlowFinding[] = [];
  for (const { path, part, examples } of utterancesOf(flow, folder)) {
    const isMissing = typeof part === 'string' && examples.length > 0 && !prompts.has(part, language);
    const messages = isMissing
      ? [`there is no recording of ${part} in the folder of prompts`]
      : (await prompts.faults(examples, { language })).map(({ message }) => message);
    for (const message of new Set(messages)) findings.push({ severity: 'error', path, message });
  }
  return findings;
}

async function findUnmakeable(flow: FlowData, folder: string): Promise<FlowFinding[]> {
  const findings: FlowFinding[] = [];
  for (const { path, folder: each } of foldersOf(flow, folder)) {
    await checkFolder(each).catch((error: unknown) =>
      findings.push({ severity: 'error', path, message: messageOf(error) }),
    );
  }
  return findings;
}
