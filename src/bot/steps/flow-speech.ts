import { resolve } from 'node:path';
import { entryOf } from '../../base/entry-of.js';
import { linksOf } from '../flow/flow-links.js';
import type { FlowPart, FlowSpeech } from '../flow/flow-parts.js';
import type { FlowData, FlowStep } from '../flow/flow-schema.js';
import type { Speakable, SpokenPart } from '../prompt/speakable.js';
import { speechOfQueue } from './flow-queue.js';

/** One part of a flow's speech, with its path, and examples for the values of its variables. */
export interface FlowUtterance {
  readonly path: readonly (string | number)[];
  readonly part: FlowPart;
  /** The step that says it; undefined for the goodbye. */
  readonly step: string | undefined;
  /** Parts to check in its place; none when a variable decides about the recording. */
  readonly examples: readonly SpokenPart[];
}

/** Returns everything that a flow says: goodbye, queues, then steps. */
export function utterancesOf(flow: FlowData, folder: string): readonly FlowUtterance[] {
  const goodbye: [string[], FlowSpeech][] = flow.goodbye === undefined ? [] : [[['goodbye'], flow.goodbye]];
  const steps = Object.entries(flow.steps).flatMap(([name, step]) =>
    speechOf(step).map(([field, speech]): [string[], FlowSpeech] => [['steps', name, field], speech]),
  );
  const queues = Object.entries(flow.queues ?? {}).flatMap(([name, queue]) =>
    speechOfQueue(queue, flow.language).map(([path, speech]): [string[], FlowSpeech] => [
      ['queues', name, ...path],
      speech,
    ]),
  );
  return [...goodbye, ...queues, ...steps].flatMap(([path, speech]) =>
    [speech].flat().map((part) => ({
      ...{ path, part, examples: examplesOf(part, folder) },
      step: path[0] === 'steps' ? path[1] : undefined,
    })),
  );
}

/** Returns everything that a bot of the flow may say in the steps that `isSaid` accepts. */
export function saysOf(
  flow: FlowData,
  folder: string,
  isSaid: (step: string) => boolean = () => true,
): readonly Speakable[] {
  return utterancesOf(flow, folder).flatMap(({ step, examples }) =>
    step === undefined || isSaid(step) ? examples : [],
  );
}

/**
 * Returns the languages that a call may have at each step that it can reach. Undefined is the language of the prompts.
 * A language from a variable is not known, and is ignored.
 */
export function languagesOf(
  flow: FlowData,
  start: string,
  first: string | undefined,
): ReadonlyMap<string, ReadonlySet<string | undefined>> {
  const languages = new Map<string, Set<string | undefined>>();
  const ahead: [step: string, language: string | undefined][] = [[start, first]];
  for (let next = ahead.pop(); next; next = ahead.pop()) {
    const [name, language] = next;
    const step = entryOf(flow.steps, name);
    const known = languages.get(name) ?? new Set();
    if (!step || known.has(language)) continue;
    languages.set(name, known.add(language));
    const sets = step.do === 'language' && !HAS_VARIABLE.test(step.language) ? step.language : language;
    for (const { to } of linksOf(step)) ahead.push([to, sets]);
  }
  return languages;
}

const HAS_VARIABLE = /\{\w+\}/;
const NUMBERS = [...Array(21).keys(), 30, 40, 50, 60, 70, 80, 90, 100];
/** Spans of each unit alone, and of all together. */
const SPANS = [1000, 2000, 60_000, 120_000, 3_600_000, 7_200_000, 86_400_000, 180_122_000];
const TIMES = ['0:00', '9:05', '13:00', '14:30', '23:59'];
const DAYS = Array.from({ length: 31 }, (_, day) => `2027-01-${String(day + 1).padStart(2, '0')}`);
const MONTHS = Array.from({ length: 12 }, (_, month) => `2027-${String(month + 1).padStart(2, '0')}-01`);

function examplesOf(part: FlowPart, folder: string): readonly SpokenPart[] {
  if (typeof part === 'string') return HAS_VARIABLE.test(part) ? [] : [part];
  if ('file' in part) return HAS_VARIABLE.test(part.file) ? [] : [{ file: resolve(folder, part.file) }];
  if ('text' in part) return [{ text: part.text.replace(/\{\w+\}/g, '…') }];
  if ('digits' in part) return [{ digits: HAS_VARIABLE.test(part.digits) ? '0123456789' : part.digits }];
  const numbers = (given: number | string, examples = NUMBERS) =>
    typeof given === 'number' ? [given] : examples;
  if ('number' in part) return numbers(part.number).map((number) => ({ number }));
  if ('ordinal' in part) return numbers(part.ordinal, NUMBERS.slice(1)).map((ordinal) => ({ ordinal }));
  if ('money' in part) {
    const { currency } = part;
    return numbers(part.money, [...NUMBERS, 1.01, 2.02]).map((money) => ({ money, currency }));
  }
  if ('span' in part) return numbers(part.span, SPANS).map((span) => ({ span }));
  if ('phone' in part) return [{ phone: HAS_VARIABLE.test(part.phone) ? '+0123456789' : part.phone }];
  if ('time' in part)
    return HAS_VARIABLE.test(part.time) ? TIMES.map((time) => ({ time })) : [{ time: part.time }];
  if ('date' in part) {
    return HAS_VARIABLE.test(part.date)
      ? [...DAYS, ...MONTHS].map((date) => ({ date }))
      : [{ date: part.date }];
  }
  return [part];
}

/** Returns the speech of a step, by field. */
function speechOf(step: FlowStep): [field: string, speech: FlowSpeech][] {
  const fields = ['what', 'ask', 'askAgain', 'invalid', 'greeting', 'thanks', 'say', 'music'] as const;
  const record: { readonly [K in (typeof fields)[number]]?: FlowSpeech | undefined } & Pick<FlowStep, 'do'> =
    step;
  return fields.flatMap((field): [string, FlowSpeech][] => {
    const speech = record[field];
    return speech === undefined ? [] : [[field, speech]];
  });
}
