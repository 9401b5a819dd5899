import {
  path as aPath,
  checkArgument,
  checkOptions,
  having,
  listOf,
  nested,
  object,
  oneOf,
  type Rules,
  rule,
  words,
} from '../../base/check.js';
import type { Prompts } from '../prompt/prompts.js';
import type { Speakable } from '../prompt/speakable.js';
import { FLOW_HTTP, type FlowHttpOptions } from '../steps/flow-http.js';
import { languagesOf, saysOf } from '../steps/flow-speech.js';
import { checkFlow } from './check-flow.js';
import { FlowError, type FlowProblem } from './flow-error.js';
import { FLOW_ABILITIES, type FlowAbility } from './flow-needs.js';
import type { FlowData } from './flow-schema.js';
import { hasHooks, savedIn } from './flow-values.js';
import { type LoadedFlow, loadFlow, loadText } from './load-flow.js';

export interface ParseFlowOptions {
  /** Name of the file in messages. Default `flow`. */
  readonly file?: string;
  /** Folder that relative paths in the flow start from. Default: the working directory. */
  readonly folder?: string;
  /**
   * Also checks that these prompts can say everything in the flow, and that the folders that it records to can be made.
   */
  readonly prompts?: Prompts;
  /** Also checks that the flow uses only these hooks. */
  readonly hooks?: readonly string[];
  /** Also checks that the flow uses only these queues and its own. */
  readonly queues?: readonly string[];
  /** Also checks that the flow uses only these variables and those that it saves. Not checked in a flow with hooks. */
  readonly variables?: readonly string[];
  /** Also checks that the flow sends requests only to these hosts. */
  readonly http?: FlowHttpOptions;
  /** Also checks that the flow needs only these abilities of the program and its endpoint. */
  readonly abilities?: readonly FlowAbility[];
}

const RULES: Rules<ParseFlowOptions> = {
  file: words,
  folder: words,
  prompts: having('samples', 'preload'),
  hooks: listOf(words),
  queues: listOf(words),
  variables: listOf(words),
  http: nested(FLOW_HTTP),
  abilities: listOf(oneOf(...FLOW_ABILITIES)),
};
/** The rule of an argument that is a flow. */
export const FLOW = rule(
  'a flow returned by parseFlow',
  (value) => object.accepts(value) && object.accepts(Reflect.get(value as object, 'data')),
);

/** A flow that has been checked. */
export interface Flow {
  readonly file: string;
  readonly folder: string;
  readonly data: FlowData;
  /** Name of the first step. */
  readonly start: string;
  /** Warnings of the flow and of its sub-flows. */
  readonly warnings: readonly FlowProblem[];
  /** Everything that it says in its first language, with examples where it depends on a variable. */
  readonly says: readonly Speakable[];
  /** Everything that it says in other languages, by language. */
  readonly saysIn: ReadonlyMap<string, readonly Speakable[]>;
  /** Sub-flows, by the files that its steps name. */
  readonly parts: ReadonlyMap<string, Flow>;
  /** Values of its lists, by the names of the lists. */
  readonly lists: ReadonlyMap<string, ReadonlySet<string>>;
}

type CheckedAgainst = Omit<ParseFlowOptions, 'file' | 'folder'>;

/** Reads and checks a flow file, with those of its sub-flows. @throws ERR_FILE; ERR_FLOW (a {@link FlowError}). */
export async function readFlow(file: string, options: CheckedAgainst = {}): Promise<Flow> {
  checkArgument('file', file, aPath);
  checkOptions(options, RULES);
  return await checked(await loadFlow(file), options);
}

/**
 * Checks the text of a flow, which is YAML or JSON.
 *
 * @throws ERR_FLOW (a {@link FlowError}) with every error in it, each with its line and path.
 */
export async function parseFlow(text: string, options: ParseFlowOptions = {}): Promise<Flow> {
  checkArgument('text', text, words);
  checkOptions(options, RULES);
  const { file = 'flow', folder = process.cwd(), ...against } = options;
  return await checked(await loadText(text, file, folder), against);
}

/** Returns a flow and all of its sub-flows, each once. */
export function wholeOf(flow: Flow): readonly Flow[] {
  return [...new Set([flow, ...[...flow.parts.values()].flatMap(wholeOf)])];
}

async function checked(loaded: LoadedFlow, options: CheckedAgainst): Promise<Flow> {
  const whole = partsOf(loaded);
  const { variables } = options;
  const isOpen = !variables || whole.some(({ data, broken }) => hasHooks(data) || broken.length > 0);
  const known = isOpen ? undefined : [...variables, ...whole.flatMap(({ data }) => savedIn(data))];
  const problems: FlowProblem[] = [];
  const warnings: FlowProblem[] = [];
  for (const each of whole) {
    const { data, start, folder, broken, problemOf } = each;
    const context = { ...options, variables: known, folder, broken };
    const found = (await checkFlow(data, start, context)).map(problemOf);
    problems.push(...each.problems, ...found);
    warnings.push(...found);
  }
  if (problems.some(({ severity }) => severity === 'error')) throw new FlowError(loaded.file, problems);
  return flowOf(loaded, warnings);
}

function flowOf(loaded: LoadedFlow, warnings: readonly FlowProblem[], language?: string): Flow {
  const { file, folder, data, start, lists } = loaded;
  const first = data.language ?? language;
  const languages = languagesOf(data, start, first);
  const others = [...new Set([...languages.values()].flatMap((each) => [...each]))].filter(
    (each) => each !== first,
  );
  const says = (spoken: string | undefined) =>
    saysOf(data, folder, (name) => languages.get(name)?.has(spoken) ?? true);
  return {
    ...{ file, folder, data, start, lists, warnings },
    says: says(first),
    saysIn: new Map(others.flatMap((each) => (each === undefined ? [] : [[each, says(each)] as const]))),
    parts: new Map([...loaded.parts].map(([name, part]) => [name, flowOf(part, [], first)])),
  };
}

function partsOf(loaded: LoadedFlow): readonly LoadedFlow[] {
  return [...new Set([loaded, ...[...loaded.parts.values()].flatMap(partsOf)])];
}
