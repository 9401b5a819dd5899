import { type ErrorCode, JackfieldError } from '../errors.js';

/** Code of the error for a status of HTTP other than success. */
export function codeOfStatus(status: number): ErrorCode {
  return status === 401 || status === 403 ? 'ERR_FORBIDDEN' : 'ERR_PEER';
}

/** The error for a status other than success. `said` is the service's text about it, and may be empty. */
export function statusError(host: string, status: number, said = ''): JackfieldError {
  const advice = adviceFor(status);
  return new JackfieldError(
    codeOfStatus(status),
    `${host} answered with status ${status}${said && `: ${said}`}${advice && ` (${advice})`}`,
  );
}

function adviceFor(status: number): string {
  if (status === 401 || status === 403) return 'check the key and the header that carries it';
  if (status === 404) return 'check the path of the address';
  return status >= 300 && status < 400 ? 'it redirects: give the address it redirects to' : '';
}
