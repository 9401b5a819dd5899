import type { ServerResponse } from 'node:http';
import { type ErrorCode, JackfieldError } from '../base/errors.js';
import { NothingThere, RequestError, toldError } from '../base/request-error.js';

/** An error that becomes a response with an HTTP status. */
export class HttpRefusal extends RequestError {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: ErrorCode,
    message: string,
    expected: string,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(code, message, expected);
    this.status = status;
    this.headers = headers;
  }
}

/** HTTP status of each error that a request can end with. Any other error is 500. */
const STATUSES: Readonly<Partial<Record<ErrorCode, number>>> = {
  ERR_INVALID_ARG: 400,
  ERR_SYNTAX: 400,
  ERR_LINE_BREAK: 400,
  ERR_FORBIDDEN: 403,
  ERR_INVALID_STATE: 409,
  ERR_CALL_ENDED: 409,
  ERR_TAKEN: 409,
  ERR_API: 422,
  ERR_LIMIT: 429,
  ERR_ATTACH_UNAVAILABLE: 503,
  ERR_CLOSED: 503,
  ERR_TIMEOUT: 504,
};

/** Statuses of all errors, without duplicates, for an OpenAPI document. */
export const ERROR_STATUSES: readonly number[] = [
  ...new Set([...Object.values(STATUSES), 401, 404, 405, 413, 415, 500]),
].sort((a, b) => a - b);

/** Sends an error response in the common form. @param expected Default: the error's own text. */
export function refuse(response: ServerResponse, error: unknown, expected = 'a working service'): void {
  const headers = error instanceof HttpRefusal ? error.headers : {};
  sendJson(response, statusOf(error), { error: toldError(error, expected) }, headers);
}

/** Sends a JSON response that must not be cached. */
export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  const type = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' };
  response.writeHead(status, { ...type, ...headers }).end(`${JSON.stringify(body)}\n`);
}

/** Makes the error for a request above the rate limit. */
export function tooManyRequests(): HttpRefusal {
  const expected = 'fewer requests per second';
  return new HttpRefusal(429, 'ERR_LIMIT', 'Too many requests.', expected, { 'retry-after': '1' });
}

function statusOf(error: unknown): number {
  if (error instanceof HttpRefusal) return error.status;
  if (error instanceof NothingThere) return 404;
  return (error instanceof JackfieldError && STATUSES[error.code]) || 500;
}
