import { JackfieldError, messageOf } from '../../base/errors.js';

/** No endpoint answers on a transport. */
export class UnavailableError extends JackfieldError {
  /** The reason. */
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

/** Makes the error of a link that the endpoint has ended, or that was lost. */
export function endpointGone(why: unknown): JackfieldError {
  return new JackfieldError(
    'ERR_CLOSED',
    `The connection to the endpoint is lost: ${messageOf(why)}. Attach again when the endpoint is available.`,
    { cause: why instanceof Error ? why : undefined },
  );
}

/** Makes the error of a message that was sent on a closed link. */
export function linkClosed(cause?: unknown): JackfieldError {
  return new JackfieldError('ERR_CLOSED', 'The link to the endpoint is closed: attach again.', { cause });
}
