import { resolve } from 'node:path';
import { JackfieldError } from '../../errors.js';
import type { SpokenPart } from '../prompt/speakable.js';
import type { FlowPart, FlowSpeech } from './flow-schema.js';

/** Values that a call has gathered, by name. Besides them there are `caller`, `callerName`, `call`, `today`. */
export type FlowVariables = Map<string, string>;

/** What a flow's step says, with the variables' values put in. @throws ERR_INVALID_STATE for one that has no value. */
export function spoken(speech: FlowSpeech, variables: FlowVariables, folder: string): readonly SpokenPart[] {
  const parts = Array.isArray(speech) ? speech : [speech];
  return parts.map((part) => spokenPart(part, variables, folder));
}

function spokenPart(part: FlowPart, variables: FlowVariables, folder: string): SpokenPart {
  if (typeof part === 'string') return fillIn(part, variables);
  if ('file' in part) return { file: resolve(folder, fillIn(part.file, variables)) };
  if ('text' in part) return { text: fillIn(part.text, variables) };
  if ('digits' in part) return { digits: fillIn(part.digits, variables) };
  if ('date' in part) return { date: fillIn(part.date, variables) };
  if ('number' in part) return { number: Number(fillIn(String(part.number), variables)) };
  return part;
}

/** `{name}` becomes its value. */
export function fillIn(text: string, variables: FlowVariables): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = variables.get(name);
    if (value !== undefined) return value;
    throw new JackfieldError(
      'ERR_INVALID_STATE',
      `The flow uses {${name}}, which no step has saved before; there are ${[...variables.keys()].join(', ')}.`,
    );
  });
}
