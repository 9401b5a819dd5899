import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Document } from 'yaml';
import type { z } from 'zod';
import { JackfieldError, messageOf } from '../../base/errors.js';
import { printable } from '../../base/printable.js';
import { decodeText } from '../../files/decode-text.js';
import type { FlowFinding, FlowProblem } from './flow-error.js';
import { flowIssue, kindName } from './flow-issue.js';
import type { FlowData } from './flow-schema.js';

type Path = readonly (string | number)[];

/** A flow as far as its file could be read, with the sub-flows and lists from other files. */
export interface LoadedFlow {
  readonly file: string;
  readonly folder: string;
  readonly data: FlowData;
  readonly start: string;
  /** Names of steps that the schema refuses. */
  readonly broken: readonly string[];
  /** Errors of the schema, and of files that cannot be read. */
  readonly problems: readonly FlowProblem[];
  /** Sub-flows, by the files that the steps name. */
  readonly parts: ReadonlyMap<string, LoadedFlow>;
  readonly lists: ReadonlyMap<string, ReadonlySet<string>>;
  /** Adds the position in the file to a finding. */
  readonly problemOf: (finding: FlowFinding) => FlowProblem;
}

const MAX_BYTES = 1 << 20;
/** Most characters kept of a parser's message, which may quote the file. */
const MAX_MESSAGE = 200;
/** Deepest nesting of sub-flows. */
const DEEPEST = 10;
/** Characters that neither YAML nor JSON allows unescaped. */
const CONTROLS = /(?![\t\n\r\u007f-\u009f])\p{Cc}|\ufffe|\uffff/u;
const NOTHING: FlowData = { name: '', timezone: 'UTC', steps: {} };

/**
 * Reads a flow's file, and those of its sub-flows and lists.
 *
 * @throws ERR_FILE when the flow's own file cannot be read.
 */
export async function loadFlow(file: string): Promise<LoadedFlow> {
  const bytes = await readFile(file).catch((error: unknown) => {
    throw new JackfieldError('ERR_FILE', printable(`The flow ${file} cannot be read: ${messageOf(error)}`), {
      cause: error,
    });
  });
  return await loadBytes(bytes, file, dirname(resolve(file)), [resolve(file)]);
}

/** Decodes the file of a flow, and reads it as {@link loadText} does. */
async function loadBytes(
  bytes: Uint8Array,
  file: string,
  folder: string,
  within: readonly string[],
): Promise<LoadedFlow> {
  let text: string;
  try {
    text = decodeText(bytes);
  } catch (error) {
    return unreadable(file, folder, { ...wholeOf(file), message: messageOf(error) });
  }
  return await loadText(text, file, folder, within);
}

/** Place of a problem that concerns a whole file. */
function wholeOf(file: string) {
  return { severity: 'error', path: '', line: 1, column: 1, file } as const;
}

/** The result for a flow of which nothing could be read. */
function unreadable(file: string, folder: string, ...problems: FlowProblem[]): LoadedFlow {
  return {
    ...{ file, folder, data: NOTHING, start: '', broken: [''], problems },
    ...{ parts: new Map(), lists: new Map(), problemOf: ({ message }) => ({ ...wholeOf(file), message }) },
  };
}

/**
 * Reads the text of a flow, and the files of its sub-flows and lists.
 *
 * @param within Files that include this one, and this file itself.
 */
export async function loadText(
  text: string,
  file: string,
  folder: string,
  within: readonly string[] = [],
): Promise<LoadedFlow> {
  // Imported with the first flow, so that programs without flows do not load them.
  const [{ parseYaml }, { FLOW_SCHEMA, soundPart }] = await Promise.all([
    import('../../files/parse-yaml.js'),
    import('./flow-schema.js'),
  ]);
  const whole = wholeOf(file);
  const nothing = (...problems: FlowProblem[]) => unreadable(file, folder, ...problems);
  if (Buffer.byteLength(text) > MAX_BYTES) {
    return nothing({ ...whole, message: `it is larger than ${MAX_BYTES} bytes` });
  }
  if (CONTROLS.test(text)) {
    return nothing({
      ...whole,
      message: 'it has control characters: expected YAML or JSON, as text in UTF-8',
    });
  }
  const { document, lines } = parseYaml(text);
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  if (document.errors.length > 0) {
    return nothing(
      ...document.errors.map((error) => ({
        ...whole,
        ...place(error.pos[0]),
        message: error.message.slice(0, MAX_MESSAGE),
      })),
    );
  }
  const problemOf = ({ severity, path, message }: FlowFinding): FlowProblem => ({
    ...{ severity, message, file, path: path.join('.') },
    ...place(offsetOf(document, path)),
  });
  let value: unknown;
  try {
    // A document with too many aliases is refused before it is expanded.
    value = document.toJS();
  } catch (error) {
    return nothing({ ...whole, message: messageOf(error) });
  }
  const parsed = FLOW_SCHEMA.safeParse(value, { error: flowIssue });
  const wrong = parsed.success ? [] : parsed.error.issues.flatMap(flatten);
  const sound = parsed.success ? { data: parsed.data, broken: [], start: '' } : soundPart(value);
  const { data, broken } = sound;
  const start = sound.start || (data.start ?? Object.keys(data.steps)[0] ?? '');
  const findings: FlowFinding[] = wrong.map((each) => ({ ...each, severity: 'error' }));
  const note = (path: Path, message: string) => void findings.push({ severity: 'error', path, message });
  const parts = await loadParts(data, folder, within, note);
  const lists = await loadLists(data, folder, note);
  return { file, folder, data, start, broken, problems: findings.map(problemOf), parts, lists, problemOf };
}

type Note = (path: Path, message: string) => void;

async function loadParts(data: FlowData, folder: string, within: readonly string[], note: Note) {
  const parts = new Map<string, LoadedFlow>();
  for (const [name, step] of Object.entries(data.steps)) {
    if (step.do !== 'flow' || parts.has(step.file)) continue;
    const file = resolve(folder, step.file);
    const path = ['steps', name, 'file'];
    if (within.includes(file)) note(path, `${printable(step.file)} includes itself`);
    else if (within.length > DEEPEST) note(path, `flows are nested more than ${DEEPEST} deep`);
    else {
      await readFile(file).then(
        async (bytes) => {
          parts.set(step.file, await loadBytes(bytes, step.file, dirname(file), [...within, file]));
        },
        (error: unknown) =>
          note(path, `the flow ${printable(step.file)} cannot be read: ${printable(messageOf(error))}`),
      );
    }
  }
  return parts;
}

async function loadLists(data: FlowData, folder: string, note: Note) {
  const lists = new Map<string, ReadonlySet<string>>();
  for (const [name, list] of Object.entries(data.lists ?? {})) {
    if (Array.isArray(list)) {
      lists.set(name, new Set(list));
      continue;
    }
    const file = resolve(folder, list.file);
    try {
      const bytes = await readFile(file);
      if (bytes.length > MAX_BYTES) throw new Error(`it is larger than ${MAX_BYTES} bytes`);
      const values = decodeText(bytes)
        .split('\n')
        .map((line) => line.trim());
      lists.set(name, new Set(values.filter(Boolean)));
    } catch (error) {
      note(
        ['lists', name, 'file'],
        `the list ${printable(list.file)} cannot be read: ${printable(messageOf(error))}`,
      );
    }
  }
  return lists;
}

interface Issue {
  readonly path: Path;
  readonly message: string;
}

/**
 * Flattens issues. For a union, takes the issues of the closest alternative: the one that failed deepest, in the fewest
 * places.
 */
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
    return [{ path, message: eitherOf(issue) }];
  }
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...path, key], message: `there is no field ${key} here` }));
  }
  if (issue.code === 'invalid_key') return issue.issues.map(({ message }) => ({ path, message }));
  return [{ path, message: issue.message }];
}

/** Describes the values that a union accepts, each kind once. */
function eitherOf(union: z.core.$ZodIssue): string {
  const leaves = leavesOf(union);
  const [first] = leaves;
  const kinds = leaves.map((leaf) => (leaf.code === 'invalid_type' ? kindName(leaf.expected) : undefined));
  if (first && kinds.every((kind) => kind !== undefined))
    return first.message.replace(`must be ${kinds[0]}`, `must be ${[...new Set(kinds)].join(' or ')}`);
  return [...new Set(leaves.map(({ message }) => message))].join('; or ');
}

function leavesOf(issue: z.core.$ZodIssue): z.core.$ZodIssue[] {
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [issue];
  return issue.errors.flat().flatMap(leavesOf);
}

/** Returns the offset of the value at `path`, or of the nearest value around it that exists. */
function offsetOf(document: Document, path: Path): number {
  for (let length = path.length; length > 0; length--) {
    const node: unknown = document.getIn(path.slice(0, length), true);
    if (hasRange(node)) return node.range[0];
  }
  return 0;
}

function hasRange(node: unknown): node is { readonly range: readonly [number, number, number] } {
  return typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range);
}
