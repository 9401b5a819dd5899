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

/** A fault of a flow that the schema accepts. */
export interface FlowFinding {
  readonly severity: 'error' | 'warning';
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** A fault in a flow file, with its position. */
export interface FlowProblem {
  /** A flow with warnings only can run. */
  readonly severity: 'error' | 'warning';
  /** Such as `steps.menu.choices.3`; empty for the whole file. */
  readonly path: string;
  /** Counted from 1. */
  readonly line: number;
  readonly column: number;
  readonly message: string;
  /** File of the problem, when it is in a sub-flow. */
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
  /** The file, or the name that was given for it. */
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

/**
 * Formats a problem as one line: `flow.yaml:12:9 error steps.menu.next: there is no step ...`.
 *
 * @throws ERR_INVALID_ARG
 */
export function formatProblem(file: string, problem: FlowProblem): string {
  checkArgument('file', file, words);
  checkOptions(problem, PROBLEM, 'problem.');
  const { severity, line, column, path, message } = problem;
  return printable(`${problem.file ?? file}:${line}:${column} ${severity} ${path && `${path}: `}${message}`);
}
