import { type ErrorCode, JackfieldError, messageOf } from './errors.js';

/** A request that cannot be carried out, with a text for what is expected. */
export class RequestError extends JackfieldError {
  /** Text for what is expected. Undefined when the arguments of the request say it. */
  readonly expected: string | undefined;

  constructor(code: ErrorCode, message: string, expected?: string) {
    super(code, message);
    this.expected = expected;
  }
}

/** A request for something that is not there. */
export class NothingThere extends RequestError {}

/** An error in the form that a client gets. */
export interface ToldError {
  /** Code as in the documentation: ERR_INVALID_ARG and so on. */
  readonly code: string;
  /** Text for what came, or what went wrong. */
  readonly message: string;
  /** Text for what would have been right. */
  readonly expected: string;
}

/** Turns a thrown error into the form for a client. @param expected Text for what the request should have been. */
export function toldError(error: unknown, expected: string): ToldError {
  return {
    code: error instanceof JackfieldError ? error.code : 'ERR_INVALID_STATE',
    message: messageOf(error),
    expected: error instanceof RequestError && error.expected !== undefined ? error.expected : expected,
  };
}

/** Text for the issues of a request that does not fit its schema. */
export function issuesText(
  issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[],
): string {
  return issues
    .map(({ path, message }) => `${path.length > 0 ? `${path.join('.')}: ` : ''}${message}`)
    .join('; ');
}
