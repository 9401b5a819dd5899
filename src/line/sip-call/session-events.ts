import type { Credentials } from '../sip-message/digest.js';
import type { SipRequest } from '../sip-message/sip-message.js';
import type { SessionTimes } from './session-timer.js';

/** End of a session. */
export interface SessionEnd {
  /** Cause: the other end, this end, or the loss of the other end. */
  readonly by: 'remote' | 'local' | 'lost';
  /** Value of the Reason header of the BYE, if it has one (RFC 3326). */
  readonly reason?: string;
}

/** Listeners of a session. All but `ended` are optional. */
export interface SessionEvents {
  ended(end: SessionEnd): void;
  /** Takes an UPDATE or a re-INVITE without an offer, such as one with only metadata. */
  updated?(request: SipRequest): void;
  info?(request: SipRequest): void;
  /** Takes a REFER. Returns the status to answer it with. Default: 603. */
  referred?(request: SipRequest): number;
  notified?(request: SipRequest): void;
}

export interface SessionOptions {
  /** User of the Contact of this end. */
  readonly user?: string;
  readonly credentials?: Credentials;
  readonly times?: Partial<SessionTimes>;
}

/** Reads the reason of a BYE, if it has one. */
export function reasonIn({ headers }: SipRequest): { readonly reason?: string } {
  const reason = headers.get('Reason');
  return reason === undefined ? {} : { reason };
}
