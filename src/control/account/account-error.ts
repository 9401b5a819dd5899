import { entryOf } from '../../base/entry-of.js';
import { ERROR_CODES, type ErrorCode, JackfieldError } from '../../base/errors.js';

/** An account service has refused a request, or has given an unexpected answer. */
export class AccountError extends JackfieldError {
  /** HTTP status. */
  readonly status: number;
  /** Text of the service about the expected request; empty when it gives none. */
  readonly expected: string;

  constructor(request: string, status: number, body: unknown) {
    const { code, message, expected } = toldIn(body);
    const known = entryOf<string>(ERROR_CODES, code) === undefined ? codeOf(status) : (code as ErrorCode);
    const told = [message, expected && `Expected: ${expected}.`].filter((part) => part !== '').join(' ');
    super(known, `${request} was answered with status ${status}${told === '' ? '' : `: ${told}`}`);
    this.status = status;
    this.expected = expected;
  }
}

function codeOf(status: number): ErrorCode {
  if (status === 401 || status === 403) return 'ERR_FORBIDDEN';
  if (status === 429) return 'ERR_LIMIT';
  if (status >= 500) return 'ERR_PEER';
  return status >= 400 ? 'ERR_INVALID_ARG' : 'ERR_UNEXPECTED_REPLY';
}

/** Reads the error in a body of the exchange's form. Bodies of other servers have none. */
function toldIn(body: unknown): {
  readonly code: string;
  readonly message: string;
  readonly expected: string;
} {
  const error: unknown = typeof body === 'object' && body !== null ? Reflect.get(body, 'error') : undefined;
  const field = (name: string) => {
    const value: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, name) : undefined;
    return typeof value === 'string' ? value.slice(0, 1000) : '';
  };
  return { code: field('code'), message: field('message'), expected: field('expected') };
}
