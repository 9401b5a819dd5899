import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import {
  path as aPath,
  checkArgument,
  checkOptions,
  needed,
  oneOf,
  type Rules,
  words,
} from '../../base/check.js';
import { invalidArgument, JackfieldError, messageOf, shown } from '../../base/errors.js';
import { printable } from '../../base/printable.js';
import { decodeText } from '../../files/decode-text.js';
import { parseCsv } from './parse-csv.js';

/** A person to be called. */
export interface CampaignTarget {
  /** Skype name or phone number. */
  readonly target: string;
  /** Further values of the target, by name; a flow can use each as `{name}`. */
  readonly fields: Readonly<Record<string, string>>;
}

interface Entry {
  /** Place in the list, for messages: `list.csv:3`. */
  readonly place: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

const MAX_BYTES = 64 * 2 ** 20;
const MAX_PROBLEMS = 20;
const TARGET = /^[^\s,"'`]{1,200}$/;
const FIELD = /^\w{1,100}$/;

/**
 * Reads a list of people to be called: CSV whose first line names the columns, or JSON, an array of names or of
 * objects. One column, `target`, holds the Skype name or phone number; the others become the fields.
 *
 * @throws ERR_FILE; ERR_INVALID_ARG with every fault and its place. A target that is listed twice is a fault.
 */
export async function readCallList(file: string): Promise<readonly CampaignTarget[]> {
  checkArgument('file', file, aPath);
  const text = await readFile(file)
    .then(decodeText)
    .catch((error: unknown) => {
      throw new JackfieldError(
        'ERR_FILE',
        printable(`The list ${file} cannot be read: ${messageOf(error)}`),
        { cause: error },
      );
    });
  if (text.length > MAX_BYTES) throw invalidArgument('list', `of at most ${MAX_BYTES} characters`, file);
  return parseCallList(text, { file, format: extname(file).toLowerCase() === '.json' ? 'json' : 'csv' });
}

export interface CallListOptions {
  readonly file?: string;
  readonly format: 'csv' | 'json';
}

const RULES: Rules<CallListOptions> = { file: words, format: needed(oneOf('csv', 'json')) };

/** Parses the text of a call list, as {@link readCallList} does a file. @throws ERR_INVALID_ARG */
export function parseCallList(text: string, options: CallListOptions): readonly CampaignTarget[] {
  checkArgument('text', text, words);
  checkOptions(options, RULES);
  const { file = 'list', format } = options;
  const problems: string[] = [];
  const entries = format === 'json' ? jsonEntries(text, file, problems) : csvEntries(text, file, problems);
  const seen = new Map<string, string>();
  const targets = entries.flatMap(({ place, fields }) => {
    const { target, ...rest } = fields;
    const problem = targetProblem(target) ?? fieldProblem(rest) ?? doubleProblem(String(target), seen);
    seen.set(String(target).toLowerCase(), place);
    if (problem === undefined) return [{ target: String(target), fields: asTexts(rest) }];
    problems.push(`${place}: ${problem}`);
    return [];
  });
  if (problems.length === 0 && targets.length === 0) problems.push(`${printable(file)}: the list is empty`);
  if (problems.length === 0) return targets;
  const more = problems.length - MAX_PROBLEMS;
  const shown = [...problems.slice(0, MAX_PROBLEMS), ...(more > 0 ? [`and ${more} more`] : [])];
  throw new JackfieldError('ERR_INVALID_ARG', `The call list has errors:\n  ${shown.join('\n  ')}`);
}

function csvEntries(text: string, file: string, problems: string[]): Entry[] {
  const { rows, problem } = parseCsv(text);
  const [header, ...lines] = rows;
  if (problem) problems.push(`${printable(file)}:${problem.line}: ${problem.message}`);
  if (!header) return [];
  const columns = header.cells.map((name) => name.trim());
  const wrong = columns.find((name, index) => !FIELD.test(name) || columns.indexOf(name) !== index);
  if (!columns.includes('target') || wrong !== undefined) {
    const text =
      wrong === undefined
        ? 'there is no column "target"'
        : `${shown(wrong)} is not a valid column name (letters, digits and _, each name once)`;
    problems.push(`${printable(file)}:${header.line}: the first line must name the columns: ${text}`);
    return [];
  }
  return lines.flatMap(({ line, cells }) => {
    const place = `${printable(file)}:${line}`;
    if (cells.length === columns.length) {
      return [
        { place, fields: Object.fromEntries(cells.map((cell, index) => [columns[index], cell.trim()])) },
      ];
    }
    problems.push(`${place}: this line has ${cells.length} columns; the first line names ${columns.length}`);
    return [];
  });
}

function jsonEntries(text: string, file: string, problems: string[]): Entry[] {
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch (error) {
    problems.push(`${printable(file)}: ${printable(messageOf(error))}`);
    return [];
  }
  if (!Array.isArray(list)) {
    problems.push(`${printable(file)}: the list must be an array of names or of objects with a target`);
    return [];
  }
  return list.map((item: unknown, index) => ({
    place: `${printable(file)}[${index}]`,
    fields: typeof item === 'object' && item !== null ? { ...item } : { target: item },
  }));
}

function targetProblem(target: unknown): string | undefined {
  if (typeof target === 'string' && TARGET.test(target)) return undefined;
  if (typeof target === 'string' && TARGET.test(target.replaceAll(' ', '')))
    return `the target ${shown(target)} must be written without spaces`;
  return `the target must be a Skype name or a phone number; it is ${target === undefined ? 'missing' : shown(target)}`;
}

function fieldProblem(fields: Readonly<Record<string, unknown>>): string | undefined {
  for (const [name, value] of Object.entries(fields)) {
    if (!FIELD.test(name)) return `the name ${shown(name)} must consist of letters, digits and _`;
    if (typeof value === 'object') return `${name} must be a string or a number`;
  }
  return undefined;
}

function doubleProblem(target: string, seen: ReadonlyMap<string, string>): string | undefined {
  const before = seen.get(target.toLowerCase());
  return before === undefined ? undefined : `${target} is already listed at ${before}: keep one`;
}

function asTexts(fields: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, String(value)]));
}
