import { JackfieldError, messageOf } from '../../base/errors.js';

/** Nothing answers where a transport leads. */
export class UnavailableError extends JackfieldError {
  /** The state that was found instead. */
  readonly reason: string;
  /** Advice. */
  readonly remedy: string;

  constructor(transport: string, cause: unknown, remedy: string) {
    const reason = messageOf(cause);
    super('ERR_ATTACH_UNAVAILABLE', `No endpoint answers at ${transport} (${reason}): ${remedy}.`, { cause });
    this.reason = reason;
    this.remedy = remedy;
  }
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
