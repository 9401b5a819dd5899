import { resolve } from 'node:path';
import { JackfieldError } from '../../base/errors.js';
import { fillPath } from '../../files/path-template.js';
import type { SpokenPart } from '../prompt/speakable.js';
import type { FlowPart, FlowSpeech } from './flow-parts.js';

/** Values that a call has gathered, by name. Every call also has `caller`, `callerName`, `call` and `today`. */
export type FlowVariables = Map<string, string>;

/** The files that a flow may use. */
export interface FlowFiles {
  /** The flow's folder, which paths are relative to. */
  readonly folder: string;
  /** Messages that the flow has recorded. A variable may stand for a whole path only when it holds one of these. */
  readonly recorded: ReadonlySet<string>;
}

/** Puts the variables' values into the speech of a step. @throws ERR_INVALID_STATE when a variable has no value. */
export function spoken(
  speech: FlowSpeech,
  variables: FlowVariables,
  files: FlowFiles,
): readonly SpokenPart[] {
  const parts = Array.isArray(speech) ? speech : [speech];
  return parts.map((part) => spokenPart(part, variables, files));
}

function spokenPart(part: FlowPart, variables: FlowVariables, files: FlowFiles): SpokenPart {
  if (typeof part === 'string') return fillIn(part, variables);
  if ('file' in part) return { file: filePath(part.file, variables, files) };
  if ('text' in part) return { text: fillIn(part.text, variables) };
  if ('digits' in part) return { digits: fillIn(part.digits, variables) };
  if ('date' in part) return { date: fillIn(part.date, variables) };
  if ('number' in part) return { number: fillIn(String(part.number), variables) };
  const number = (given: number | string) => Number(fillIn(String(given), variables));
  if ('ordinal' in part) return { ordinal: number(part.ordinal) };
  if ('money' in part) return { money: number(part.money), currency: part.currency };
  if ('phone' in part) return { phone: fillIn(part.phone, variables) };
  if ('time' in part) return { time: fillIn(part.time, variables) };
  if ('span' in part) return { span: number(part.span) };
  return part;
}

/** Replaces each `{name}` by its value; undefined when a variable has none. */
export function filledIn(text: string, variables: FlowVariables): string | undefined {
  const isKnown = [...text.matchAll(/\{(\w+)\}/g)].every(([, name = '']) => variables.has(name));
  return isKnown ? fillIn(text, variables) : undefined;
}

/** Replaces each `{name}` by its value. @throws ERR_INVALID_STATE when a variable has none. */
export function fillIn(
  text: string,
  variables: FlowVariables,
  quoted: (value: string) => string = (value) => value,
): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => quoted(savedValue(name, variables)));
}

/**
 * Resolves a path of a flow in its folder. A variable's value cannot leave its part of the path ({@link fillPath}),
 * unless the whole path is a message that this call has recorded.
 */
export function filePath(path: string, variables: FlowVariables, { folder, recorded }: FlowFiles): string {
  const whole = fillIn(path, variables);
  if (recorded.has(whole)) return whole;
  return resolve(
    folder,
    fillPath(path, (name) => savedValue(name, variables)),
  );
}

function savedValue(name: string, variables: FlowVariables): string {
  const value = variables.get(name);
  if (value !== undefined) return value;
  throw new JackfieldError(
    'ERR_INVALID_STATE',
    `The flow uses {${name}}, which no earlier step saves; there are ${[...variables.keys()].join(', ')}.`,
  );
}
