import { entryOf } from '../../base/entry-of.js';
import { messageOf } from '../../base/errors.js';
import { checkTimeZone } from '../../base/time/local-time.js';
import type { Prompts } from '../prompt/prompts.js';
import type { FlowHttpOptions } from '../steps/flow-http.js';
import { languagesOf, utterancesOf } from '../steps/flow-speech.js';
import type { FlowFinding } from './flow-error.js';
import { checkWritableFolder, foldersOf } from './flow-folders.js';
import { linksOf } from './flow-links.js';
import { type FlowAbility, needsOf } from './flow-needs.js';
import type { FlowData, FlowStep } from './flow-schema.js';
import { checkLists, checkVariables, conditionsIn, textsIn } from './flow-values.js';

/** Prompts and hooks that a flow is checked against. */
export interface FlowContext {
  /** Prompts that speak its texts. Default: its texts and the folders that it records to are not checked. */
  readonly prompts?: Prompts | undefined;
  /** Names of the available hooks. Default: hooks are not checked. */
  readonly hooks?: readonly string[] | undefined;
  /** Names of the available queues besides its own. Default: queues are not checked. */
  readonly queues?: readonly string[] | undefined;
  /** Hosts that it may send requests to. Default: requests are not checked. */
  readonly http?: FlowHttpOptions | undefined;
  /** Abilities of the program and its endpoint. Default: they are not checked. */
  readonly abilities?: readonly FlowAbility[] | undefined;
  /** Names of the available variables besides those of each call. Default: variables are not checked. */
  readonly variables?: readonly string[] | undefined;
  /** Folder that paths are relative to. */
  readonly folder: string;
  /** Names of steps that the schema refuses. Only their existence is known. */
  readonly broken?: readonly string[];
}

/**
 * Finds the faults that the schema cannot find: steps that are missing or never reached, loops in which no time passes,
 * unknown time zones, missing hooks, and texts that cannot be spoken.
 */
export async function checkFlow(
  flow: FlowData,
  start: string,
  context: FlowContext,
): Promise<readonly FlowFinding[]> {
  const { prompts, hooks, queues, variables, http, abilities, folder, broken = [] } = context;
  return [
    ...checkZone(flow.timezone),
    ...checkLinks(flow, start, broken),
    ...(broken.length === 0 ? checkReached(flow, start) : []),
    ...checkCircles(flow),
    ...checkLengths(flow),
    ...checkHours(flow),
    ...checkGoodbye(flow),
    ...checkMusic(flow),
    ...checkLists(flow),
    ...(variables ? checkVariables(flow, variables) : []),
    ...checkNeeds(flow, abilities, http),
    ...(hooks ? checkHooks(flow, hooks) : []),
    ...(queues ? checkQueues(flow, queues) : []),
    ...(prompts ? await checkSpeech(flow, start, folder, prompts) : []),
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
      yield { severity: 'warning', path: ['steps', name], message: 'no step leads to this step' };
    }
  }
}

/** True for a step that takes no time and has no limit of repetitions. */
function isInstant(step: FlowStep | undefined): boolean {
  return ['branch', 'set', 'language', 'clearDigits', 'recording'].includes(step?.do ?? '');
}

/** Finds loops of such steps, which would run forever without time passing. A loop with a counter has an end. */
function* checkCircles(flow: FlowData): Generator<FlowFinding> {
  for (const [name, step] of Object.entries(flow.steps)) {
    if (!isInstant(step)) continue;
    const seen = new Set<string>();
    const ahead = linksOf(step).map(({ to }) => to);
    for (let to = ahead.pop(); to !== undefined; to = ahead.pop()) {
      if (to === name) {
        yield {
          severity: 'error',
          path: ['steps', name],
          message:
            'the steps loop back here without taking time: end the loop with a step "count" and a limit',
        };
        break;
      }
      const other = entryOf(flow.steps, to);
      if (!other || seen.has(to) || !isInstant(other)) continue;
      seen.add(to);
      ahead.push(...linksOf(other).map((link) => link.to));
    }
  }
}

function* checkLengths(flow: FlowData): Generator<FlowFinding> {
  for (const [name, step] of Object.entries(flow.steps)) {
    if (step.do === 'gather' && step.max !== undefined && step.max < step.min) {
      yield {
        severity: 'error',
        path: ['steps', name, 'max'],
        message: `must be at least min (${step.min})`,
      };
    }
    if (step.do === 'menu' && Object.keys(step.choices).length === 0) {
      yield { severity: 'error', path: ['steps', name, 'choices'], message: 'must hold at least one key' };
    }
  }
}

/** Warns of hours that end at 23:59: the author most often means the end of the day. */
function* checkHours(flow: FlowData): Generator<FlowFinding> {
  for (const { when, path } of conditionsIn(flow.steps)) {
    if (!('to' in when) || when.to !== '23:59') continue;
    const message = 'the minute before midnight is not included; "24:00" is the end of the day';
    yield { severity: 'warning', path: [...path, 'to'], message };
  }
}

function* checkHooks(flow: FlowData, hooks: readonly string[]): Generator<FlowFinding> {
  for (const [name, step] of Object.entries(flow.steps)) {
    if (step.do !== 'hook' || hooks.includes(step.name)) continue;
    const there = hooks.length === 0 ? 'none are defined' : `there are ${hooks.join(', ')}`;
    const message = `there is no hook ${step.name} in the code: ${there}`;
    yield { severity: 'error', path: ['steps', name, 'name'], message };
  }
}

function* checkNeeds(
  flow: FlowData,
  abilities: readonly FlowAbility[] | undefined,
  http: FlowHttpOptions | undefined,
): Generator<FlowFinding> {
  for (const { ability, path, message } of needsOf(flow, http)) {
    if (ability && (!abilities || abilities.includes(ability))) continue;
    yield { severity: 'error', path, message };
  }
}

/** Finds music in a blind transfer, where it cannot be heard, and phrases for keys that a menu does not have. */
function* checkMusic(flow: FlowData): Generator<FlowFinding> {
  for (const [name, step] of Object.entries(flow.steps)) {
    if (step.do === 'transfer' && step.blind && step.music !== undefined)
      yield {
        severity: 'error',
        path: ['steps', name, 'music'],
        message: 'cannot be heard in a blind transfer',
      };
    for (const key of step.do === 'menu' ? Object.keys(step.phrases ?? {}) : []) {
      if (step.do === 'menu' && !Object.hasOwn(step.choices, key))
        yield {
          severity: 'error',
          path: ['steps', name, 'phrases', key],
          message: `there is no choice ${key}`,
        };
    }
  }
}

function* checkQueues(flow: FlowData, given: readonly string[]): Generator<FlowFinding> {
  const queues = [...given, ...Object.keys(flow.queues ?? {})];
  for (const [name, step] of Object.entries(flow.steps)) {
    if (step.do !== 'enqueue' || queues.includes(step.queue)) continue;
    const there = queues.length === 0 ? 'none are defined' : `there are ${queues.join(', ')}`;
    const message = `there is no queue ${step.queue}: ${there}`;
    yield { severity: 'error', path: ['steps', name, 'queue'], message };
  }
}

/** Finds variables in the goodbye, which belongs to the bot and not to a call. */
function* checkGoodbye({ goodbye }: FlowData): Generator<FlowFinding> {
  for (const { text, path } of textsIn(goodbye, ['goodbye'])) {
    const [variable] = /\{\w+\}/.exec(text) ?? [];
    if (variable === undefined) continue;
    const message = `${variable} has no value here: goodbye is shared by all calls`;
    yield { severity: 'error', path, message };
  }
}

/** Finds prompts that are missing in a language that the call may have at that step. */
async function checkSpeech(
  flow: FlowData,
  start: string,
  folder: string,
  prompts: Prompts,
): Promise<FlowFinding[]> {
  const spoken = languagesOf(flow, start, flow.language);
  const findings: FlowFinding[] = [];
  for (const { path, part, examples, step } of utterancesOf(flow, folder)) {
    const languages = (step !== undefined && spoken.get(step)) || new Set([flow.language]);
    const messages = new Set<string>();
    for (const language of languages) {
      const isMissing = typeof part === 'string' && examples.length > 0 && !prompts.has(part, language);
      const where =
        languages.size > 1 || language !== flow.language ? ` in ${language ?? prompts.language}` : '';
      if (isMissing) messages.add(`the folder of prompts has no recording of ${part}${where}`);
      else for (const { message } of await prompts.faults(examples, { language })) messages.add(message);
    }
    for (const message of messages) findings.push({ severity: 'error', path, message });
  }
  return findings;
}

async function findUnmakeable(flow: FlowData, folder: string): Promise<FlowFinding[]> {
  const findings: FlowFinding[] = [];
  for (const { path, folder: each } of foldersOf(flow, folder)) {
    await checkWritableFolder(each).catch((error: unknown) =>
      findings.push({ severity: 'error', path, message: messageOf(error) }),
    );
  }
  return findings;
}
