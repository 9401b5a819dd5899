import { realpath, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type Document, isMap, isScalar, type LineCounter, visit } from 'yaml';
import type { z } from 'zod';
import {
  path as aPath,
  checkArgument,
  checkOptions,
  flag,
  needed,
  number,
  object,
  type Rules,
  words,
} from '../../base/check.js';
import { entryOf } from '../../base/entry-of.js';
import { JackfieldError, messageOf } from '../../base/errors.js';
import { printable } from '../../base/printable.js';
import { isInside } from '../../files/confined-path.js';
import { decodeText } from '../../files/decode-text.js';
import { readBytes } from '../../files/key-files.js';
import { withOwnPaths } from '../../files/own-paths.js';
import { parseYaml } from '../../files/parse-yaml.js';
import { suggest } from '../../protocol/explain/suggest.js';
import { fileFaults } from './check-files.js';
import { type ConfigFault, danglingNames } from './dangling-names.js';
import { type ServiceConfig, serviceConfigJsonSchema, serviceConfigSchema } from './service-config.js';
import { SERVICE_FILES } from './service-files.js';

/** A fault of a configuration file. */
export interface ConfigProblem {
  readonly file: string;
  /** Line in the file, from 1. */
  readonly line: number;
  readonly column: number;
  /** The field, such as `rules.0.answer`; empty for the file itself. */
  readonly path: string;
  readonly message: string;
}

/** A configuration, or all its faults. */
export type ConfigReading =
  | { readonly config: ServiceConfig; readonly problems: readonly [] }
  | { readonly config: undefined; readonly problems: readonly ConfigProblem[] };

/** Options of {@link checkConfig}. */
export interface CheckConfigOptions {
  /** True to open the files that the configuration names. Default true. */
  readonly files?: boolean;
}

const RULES: Rules<CheckConfigOptions> = { files: flag };

const PROBLEM: Rules<ConfigProblem> = {
  file: needed(words),
  line: needed(number),
  column: needed(number),
  path: needed(words),
  message: needed(words),
};

type Path = readonly (string | number)[];

/** A YAML file (JSON is valid YAML) with its positions. */
interface Source {
  readonly file: string;
  readonly document: Document;
  readonly lines: LineCounter;
}

const MAX_INCLUDES = 100;
/** Largest configuration file, in bytes. */
const MAX_BYTES = 4 * 2 ** 20;
/** Longest message, in characters. */
const MAX_MESSAGE = 1000;
/** Longest quote of a file in a message, in characters. */
const MAX_SHOWN = 100;
/** An environment variable in a value: `${NAME}`. `$${` stands for `${`. */
const VARIABLE = /\$?\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

/**
 * Reads a configuration with its included files, and replaces environment variables. Reports all faults at once,
 * including those of named files: keys, certificates, flows, prompts, lists, programs. Relative paths become absolute.
 * Each is relative to the file that contains it.
 *
 * @param environment Default: that of the process.
 * @throws ERR_FILE when a file cannot be read.
 */
export async function checkConfig(
  file: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
  options: CheckConfigOptions = {},
): Promise<ConfigReading> {
  checkArgument('file', file, aPath);
  checkArgument('environment', environment, object);
  checkOptions(options, RULES);
  const { files: opens = true } = options;
  const problems: ConfigProblem[] = [];
  const sources = await readAll(file, environment, problems);
  if (problems.length > 0) return { config: undefined, problems };
  const whole = merged(sources);
  const parsed = serviceConfigSchema.safeParse(whole);
  const issues: readonly ConfigFault[] = parsed.success
    ? danglingNames(parsed.data)
    : parsed.error.issues.flatMap(told);
  const files = opens ? await fileFaults(parsed.success ? parsed.data : without(whole, issues)) : [];
  if (parsed.success && issues.length === 0 && files.length === 0)
    return { config: parsed.data, problems: [] };
  return {
    config: undefined,
    problems: [
      ...issues.map(({ path, message }) => placed(sources, path, message)),
      ...files.map(({ path, message, place }) =>
        place ? { ...place, path: path.join('.'), message } : placed(sources, path, message),
      ),
    ],
  };
}

/** The parts of a configuration without faults. Of parts with named entries, the entries without faults. */
function without(whole: unknown, faults: readonly ConfigFault[]): Partial<ServiceConfig> {
  if (!isObject(whole)) return {};
  const isSound = (...path: string[]) =>
    !faults.some((fault) => path.every((step, index) => String(fault.path[index]) === step));
  const parts = Object.entries(whole).flatMap(([part, value]): [string, unknown][] => {
    if (isSound(part)) return [[part, value]];
    if (!NAMED_PARTS.includes(part) || !isObject(value)) return [];
    return [[part, Object.fromEntries(Object.entries(value).filter(([name]) => isSound(part, name)))]];
  });
  return Object.fromEntries(parts) as Partial<ServiceConfig>;
}

const NAMED_PARTS = ['endpoints', 'bots', 'campaigns'];

/** Reads a configuration as {@link checkConfig}. @throws ERR_SYNTAX, with all faults; ERR_FILE. */
export async function readConfig(
  file: string,
  environment?: Readonly<Record<string, string | undefined>>,
): Promise<ServiceConfig> {
  const { config, problems } = await checkConfig(file, environment);
  if (config) return config;
  const text = problems.map((problem) => `  ${formatConfigProblem(problem)}`).join('\n');
  throw new JackfieldError('ERR_SYNTAX', `${printable(file)} is not a valid configuration:\n${text}`);
}

/** Formats a problem as one line: `serve.yaml:4:9: rules.0.answer: ...`. @throws ERR_INVALID_ARG */
export function formatConfigProblem(problem: ConfigProblem): string {
  checkOptions(problem, PROBLEM, 'problem.');
  const { file, line, column, path, message } = problem;
  return printable(`${file}:${line}:${column}: ${path && `${path}: `}${message}`);
}

/** Reads a file and its included files. The file itself comes first. */
async function readAll(
  first: string,
  environment: Readonly<Record<string, string | undefined>>,
  problems: ConfigProblem[],
): Promise<Source[]> {
  const sources: Source[] = [];
  const seen = new Set<string>();
  const open = [first];
  for (let file = open.shift(); file !== undefined; file = open.shift()) {
    const path = resolve(file);
    if (seen.has(path)) continue;
    seen.add(path);
    if (seen.size > MAX_INCLUDES) {
      throw new JackfieldError('ERR_SYNTAX', `${first} includes more than ${MAX_INCLUDES} files.`);
    }
    const source = await readSource(file, problems);
    sources.push(source);
    if (source.document.errors.length > 0) continue;
    substitute(source, environment, problems);
    const value = contentOf(source, problems);
    if (!isObject(value)) problems.push(at(source, 0, '', 'Expected a map of fields, such as endpoints'));
    const included: unknown = isObject(value) ? Reflect.get(value, 'include') : undefined;
    for (const [index, name] of (Array.isArray(included) ? included : []).entries()) {
      if (typeof name !== 'string') continue;
      const each = resolve(dirname(file), name);
      if (await isInFolder(each, dirname(resolve(first)))) open.push(each);
      else problems.push(outside(source, index, name));
    }
  }
  return sources;
}

async function readSource(file: string, problems: ConfigProblem[]): Promise<Source> {
  const { size, isFile } = await stat(file).then(
    (it) => ({ size: it.size, isFile: it.isFile() }),
    () => ({ size: 0, isFile: false }),
  );
  const isTooLarge = isFile && size > MAX_BYTES;
  const { text = '', fault } = isTooLarge
    ? { fault: `It is larger than ${MAX_BYTES} bytes` }
    : decoded(await readBytes(file));
  const { document, lines } = parseYaml(text);
  const source = { file, document, lines };
  for (const { message, pos } of document.errors) problems.push(at(source, pos[0], '', message));
  if (fault !== undefined) problems.push(at(source, 0, '', fault));
  return source;
}

function decoded(bytes: Buffer): { readonly text?: string; readonly fault?: string } {
  try {
    return { text: decodeText(bytes) };
  } catch (error) {
    return { fault: `The file cannot be read: ${messageOf(error)}` };
  }
}

/** The value of a file. A file with too many aliases is refused before it is expanded. */
function contentOf(source: Source, problems: ConfigProblem[]): unknown {
  try {
    return source.document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    problems.push(at(source, 0, '', messageOf(error)));
    return {};
  }
}

/** True for a file in a folder or its subfolders, with links resolved. A missing file is reported when it is read. */
async function isInFolder(file: string, folder: string): Promise<boolean> {
  const [real, root] = await Promise.all([file, folder].map((each) => realpath(each).catch(() => each)));
  return isInside(root ?? folder, real ?? file);
}

function outside(source: Source, index: number, name: string): ConfigProblem {
  const offset = offsetOf(source.document, ['include', index]) ?? 0;
  const message = `Expected a file in the folder of the configuration or in a folder below it; got ${shown(name)}`;
  return at(source, offset, `include.${index}`, message);
}

function substitute(
  source: Source,
  environment: Readonly<Record<string, string | undefined>>,
  problems: ConfigProblem[],
): void {
  visit(source.document, {
    Scalar(key, node) {
      if (key === 'key' || typeof node.value !== 'string') return;
      node.value = node.value.replaceAll(VARIABLE, (all, name: string) => {
        if (all.startsWith('$$')) return all.slice(1);
        const value = entryOf(environment, name);
        if (value !== undefined) return value;
        problems.push(at(source, node.range?.[0] ?? 0, '', `The environment has no variable ${name}`));
        return '';
      });
    },
  });
}

/** Merges all files to one object. For a duplicate key the first file wins; objects are merged. */
function merged(sources: readonly Source[]): unknown {
  return sources
    .map(({ document, file }) =>
      withOwnPaths(document.toJS({ maxAliasCount: 100 }) as unknown, file, SERVICE_FILES),
    )
    .reduce(under);
}

function under(above: unknown, below: unknown): unknown {
  if (!isObject(above) || !isObject(below)) return above ?? below;
  const result = new Map(Object.entries(below));
  for (const [name, value] of Object.entries(above)) result.set(name, under(value, result.get(name)));
  return Object.fromEntries(result);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Messages for an issue. Unknown fields are reported one by one, with a suggestion. */
function told(issue: z.core.$ZodIssue): { path: Path; message: string }[] {
  const path = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step));
  if (issue.code !== 'unrecognized_keys') return [{ path, message: issue.message }];
  return issue.keys.map((key) => {
    known ??= new Set(namesIn(serviceConfigJsonSchema()));
    const near = known.has(key) ? undefined : suggest(key, known);
    return {
      path: [...path, key],
      message: `There is no field ${shown(key)} here${near ? `: did you mean ${near}?` : ''}`,
    };
  });
}

/** Names of all fields of the schema, computed on first use. */
let known: ReadonlySet<string> | undefined;

function namesIn(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const { properties } = schema as { properties?: object };
  return [...Object.keys(properties ?? {}), ...Object.values(schema).flatMap(namesIn)];
}

/** Finds the position of a field: the deepest part of its path that exists in a file. */
function placed(sources: readonly Source[], path: Path, message: string): ConfigProblem {
  for (let length = path.length; length > 0; length--) {
    for (const source of sources) {
      const offset = offsetOf(source.document, path.slice(0, length));
      if (offset !== undefined) return at(source, offset, path.join('.'), message);
    }
  }
  const [first] = sources;
  if (!first) throw new JackfieldError('ERR_INVALID_STATE', 'The configuration needs a file.');
  return at(first, 0, path.join('.'), message);
}

function offsetOf(document: Document, path: Path): number | undefined {
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  const last = path.at(-1);
  if (isMap(parent)) {
    const pair = parent.items.find(({ key }) => isScalar(key) && String(key.value) === String(last));
    return isScalar(pair?.key) ? pair.key.range?.[0] : undefined;
  }
  const node = document.getIn(path, true) as { range?: readonly number[] } | undefined;
  return node?.range?.[0];
}

function at({ file, lines }: Source, offset: number, path: string, message: string): ConfigProblem {
  const { line, col } = lines.linePos(offset);
  return {
    ...{ file, line: Math.max(1, line), column: Math.max(1, col) },
    ...{ path: shown(path), message: shown(message, MAX_MESSAGE) },
  };
}

/** Shortens a text of a file to one line of bounded length. */
function shown(text: string, limit: number = MAX_SHOWN): string {
  const line = text.replace(/\p{Cc}+/gu, ' ');
  return line.length > limit ? `${line.slice(0, limit)}…` : line;
}
