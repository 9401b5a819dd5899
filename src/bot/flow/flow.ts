import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Document, ParsedNode } from 'yaml';
import type { z } from 'zod';
import {
  path as aPath,
  checkArgument,
  checkOptions,
  listOf,
  object,
  type Rules,
  rule,
  words,
} from '../../base/check.js';
import { JackfieldError, messageOf } from '../../base/errors.js';
import type { Prompts } from '../prompt/prompts.js';
import type { Speakable } from '../prompt/speakable.js';
import { checkFlow, type FlowFinding } from './check-flow.js';
import { FlowError, type FlowProblem } from './flow-error.js';
import { flowIssue } from './flow-issue.js';
import type { FlowData } from './flow-schema.js';
import { saysOf } from './flow-speech.js';

export interface ParseFlowOptions {
  /** Name of the file in messages. Default `flow`. */
  readonly file?: string;
  /** Folder that relative paths in the flow start from. Default: the working directory. */
  readonly folder?: string;
  /** Checks that all that the flow says can be said with these, too, and that the folders it records to can be made. */
  readonly prompts?: Prompts;
  /** Checks that the flow uses no other hooks than these, too. */
  readonly hooks?: readonly string[];
  /** Checks that the flow uses no other variables than these and those that it saves, where no hook can set any. */
  readonly variables?: readonly string[];
}

const RULES: Rules<ParseFlowOptions> = {
  file: words,
  folder: words,
  prompts: object,
  hooks: listOf(words),
  variables: listOf(words),
};
/** The rule of an argument that is a flow. */
export const FLOW = rule(
  'a flow, as parseFlow gives it',
  (value) => object.accepts(value) && object.accepts(Reflect.get(value as object, 'data')),
);

/** A flow that has been checked. */
export interface Flow {
  readonly file: string;
  readonly folder: string;
  readonly data: FlowData;
  /** Name of the first step. */
  readonly start: string;
  readonly warnings: readonly FlowProblem[];
  /** All that it says; for what depends on a variable, examples. */
  readonly says: readonly Speakable[];
}

type Path = readonly (string | number)[];
type FlowDocument = Document.Parsed<ParsedNode>;

const MAX_BYTES = 1 << 20;
/** Characters of what the parser says, which may quote the file. */
const MAX_MESSAGE = 200;
/** Characters that neither YAML nor JSON may have as they are. */
const CONTROLS = /(?![\t\n\r\u007f-\u009f])\p{Cc}|\ufffe|\uffff/u;

/** Reads and checks a flow file. @throws ERR_FILE; ERR_FLOW (a {@link FlowError}). */
export async function readFlow(
  file: string,
  options: Pick<ParseFlowOptions, 'prompts' | 'hooks' | 'variables'> = {},
): Promise<Flow> {
  checkArgument('file', file, aPath);
  checkOptions(options, RULES);
  const bytes = await readFile(file).catch((error: unknown) => {
    throw new JackfieldError('ERR_FILE', `The flow ${file} cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  });
  return await parseFlow(textOf(bytes), { file, folder: dirname(resolve(file)), ...options });
}

/**
 * Checks the text of a flow, which is YAML or JSON.
 *
 * @throws ERR_FLOW (a {@link FlowError}) with every error in it, each with its line and path.
 */
export async function parseFlow(text: string, options: ParseFlowOptions = {}): Promise<Flow> {
  checkArgument('text', text, words);
  checkOptions(options, RULES);
  const { file = 'flow', folder = process.cwd() } = options;
  // Loaded with the first flow, for programs that have none.
  const [yaml, { FLOW_SCHEMA, soundPart }] = await Promise.all([import('yaml'), import('./flow-schema.js')]);
  const lines = new yaml.LineCounter();
  const whole = { severity: 'error', path: '', line: 1, column: 1 } as const;
  if (Buffer.byteLength(text) > MAX_BYTES) {
    throw new FlowError(file, [{ ...whole, message: `it is larger than ${MAX_BYTES} bytes` }]);
  }
  if (CONTROLS.test(text)) {
    throw new FlowError(file, [{ ...whole, message: 'it is no text: it has to be YAML or JSON, in UTF-8' }]);
  }
  const document = yaml.parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  if (document.errors.length > 0) {
    const problems = document.errors.map((error) => ({
      ...whole,
      ...place(error.pos[0]),
      message: error.message.slice(0, MAX_MESSAGE),
    }));
    throw new FlowError(file, problems);
  }
  const problem = (severity: FlowProblem['severity'], path: Path, message: string): FlowProblem => ({
    ...{ severity, message, path: path.join('.') },
    ...place(offsetOf(document, path)),
  });
  const value = toValue(document, file);
  const told = (findings: readonly FlowFinding[]) =>
    findings.map(({ severity, path, message }) => problem(severity, path, message));
  const { prompts, hooks, variables } = options;
  const context = { prompts, hooks, variables, folder };
  const parsed = FLOW_SCHEMA.safeParse(value, { error: flowIssue });
  if (!parsed.success) {
    const wrong = parsed.error.issues
      .flatMap(flatten)
      .map(({ path, message }) => problem('error', path, message));
    const { data, start, broken } = soundPart(value);
    throw new FlowError(file, [...wrong, ...told(await checkFlow(data, start, { ...context, broken }))]);
  }
  const data = parsed.data;
  const [first = ''] = Object.keys(data.steps);
  const start = data.start ?? first;
  const problems = told(await checkFlow(data, start, context));
  if (problems.some(({ severity }) => severity === 'error')) throw new FlowError(file, problems);
  return { file, folder, data, start, warnings: problems, says: saysOf(data, folder) };
}

/** Text of a file; one that is none keeps a character that no text has. */
function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return '\uffff';
  }
}

/** A document with too many aliases is refused before it grows. */
function toValue(document: FlowDocument, file: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    throw new FlowError(file, [
      { severity: 'error', path: '', line: 1, column: 1, message: messageOf(error) },
    ]);
  }
}

interface Issue {
  readonly path: Path;
  readonly message: string;
}

/** The issues of a union are those of the alternative that came closest: that failed furthest inside, in the fewest places. */
function flatten(issue: z.core.$ZodIssue): Issue[] {
  const path = issue.path.map((key) => (typeof key === 'number' ? key : String(key)));
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const alternatives = issue.errors.map((issues) =>
      issues.flatMap(flatten).map((inner) => ({ ...inner, path: [...path, ...inner.path] })),
    );
    const depth = (issues: Issue[]) => Math.max(...issues.map((inner) => inner.path.length));
    const closer = (a: Issue[], b: Issue[]) => depth(b) - depth(a) || a.length - b.length;
    const [closest = []] = alternatives.toSorted(closer);
    if (depth(closest) > path.length) return closest;
    return [
      {
        path,
        message: `${issue.message}; ${alternatives
          .flat()
          .map(({ message }) => message)
          .join('; or ')}`,
      },
    ];
  }
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...path, key], message: `there is no field ${key} here` }));
  }
  if (issue.code === 'invalid_key') return issue.issues.map(({ message }) => ({ path, message }));
  return [{ path, message: issue.message }];
}

/** Gives the offset of the value at `path`, or of the nearest value around it that exists. */
function offsetOf(document: FlowDocument, path: Path): number {
  for (let length = path.length; length > 0; length--) {
    const node: unknown = document.getIn(path.slice(0, length), true);
    if (hasRange(node)) return node.range[0];
  }
  return 0;
}

function hasRange(node: unknown): node is { readonly range: readonly [number, number, number] } {
  return typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range);
}
