import type { ErrorCode } from './errors.js';

/** Code of the error for a status of HTTP that is no success. */
export function codeOfStatus(status: number): ErrorCode {
  return status === 401 || status === 403 ? 'ERR_FORBIDDEN' : 'ERR_PEER';
}
