import {
  checkArgument,
  checkOptions,
  listOf,
  needed,
  number,
  object,
  oneOf,
  type Rules,
  words,
} from '../../base/check.js';
import { JackfieldError } from '../../base/errors.js';
import { printable } from '../../base/printable.js';

/** Something that is wrong with a flow of the right shape. */
export interface FlowFinding {
  readonly severity: 'error' | 'warning';
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Something that is wrong in a flow file, and where. */
export interface FlowProblem {
  /** A warning does not keep the flow from running. */
  readonly severity: 'error' | 'warning';
  /** Such as `steps.menu.choices.3`; empty for the whole file. */
  readonly path: string;
  /** 1 on. */
  readonly line: number;
  readonly column: number;
  readonly message: string;
  /** Its own file, where that is not known from elsewhere: that of a sub-flow. */
  readonly file?: string;
}

const PROBLEMS = listOf(object);

const PROBLEM: Rules<FlowProblem> = {
  severity: needed(oneOf('error', 'warning')),
  path: needed(words),
  line: needed(number),
  column: needed(number),
  message: needed(words),
  file: words,
};

/** A flow file that cannot be run. */
export class FlowError extends JackfieldError {
  /** The file, or what it was called. */
  readonly file: string;
  readonly problems: readonly FlowProblem[];

  /** @throws ERR_INVALID_ARG */
  constructor(file: string, problems: readonly FlowProblem[]) {
    checkArgument('file', file, words);
    checkArgument('problems', problems, PROBLEMS);
    const lines = problems.map((problem) => `  ${formatProblem(file, problem)}`);
    super('ERR_FLOW', `The flow in ${printable(file)} has errors:\n${lines.join('\n')}`);
    this.file = file;
    this.problems = problems;
  }
}

/** A problem as one line: `flow.yaml:12:9 error steps.menu.next: there is no step ...`. @throws ERR_INVALID_ARG */
export function formatProblem(file: string, problem: FlowProblem): string {
  checkArgument('file', file, words);
  checkOptions(problem, PROBLEM, 'problem.');
  const { severity, line, column, path, message } = problem;
  return printable(`${problem.file ?? file}:${line}:${column} ${severity} ${path && `${path}: `}${message}`);
}
