import { JackfieldError, messageOf } from '../../errors.js';

/** Nothing answers where a transport leads. `remedy` says what to do about it. */
export function unavailable(transport: string, cause: unknown, remedy: string): JackfieldError {
  return new JackfieldError(
    'ERR_ATTACH_UNAVAILABLE',
    `No endpoint answers at ${transport} (${messageOf(cause)}): ${remedy}.`,
    { cause },
  );
}

/** The endpoint has ended a link, or what carried the link has. */
export function endpointGone(why: unknown): JackfieldError {
  return new JackfieldError(
    'ERR_CLOSED',
    `The endpoint is gone: ${messageOf(why)}. Attach again when it is back.`,
    { cause: why instanceof Error ? why : undefined },
  );
}

/** Something was sent on a link that is closed. */
export function linkClosed(cause?: unknown): JackfieldError {
  return new JackfieldError('ERR_CLOSED', 'The link to the endpoint is closed: attach again.', { cause });
}
