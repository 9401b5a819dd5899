import type { Credentials } from '../sip-message/digest.js';
import type { SipRequest } from '../sip-message/message.js';
import type { SessionTimes } from './session-timer.js';

/** End of a session. */
export interface SessionEnd {
  /** By the other end, by this one, or since the other end is gone. */
  readonly by: 'remote' | 'local' | 'lost';
  /** Value of the Reason header of the BYE, where it has one (RFC 3326). */
  readonly reason?: string;
}

/** Listeners of a session; all but `ended` may be left out. */
export interface SessionEvents {
  ended(end: SessionEnd): void;
  /** Takes an UPDATE or a re-INVITE without an offer, such as one with metadata alone. */
  updated?(request: SipRequest): void;
  info?(request: SipRequest): void;
  /** Takes a REFER. Returns the status to answer it with. Default: 603. */
  referred?(request: SipRequest): number;
  notified?(request: SipRequest): void;
}

export interface SessionOptions {
  /** User of this end's Contact. */
  readonly user?: string;
  readonly credentials?: Credentials;
  readonly times?: Partial<SessionTimes>;
}

/** The reason that a BYE gives, if it does. */
export function reasonIn({ headers }: SipRequest): { readonly reason?: string } {
  const reason = headers.get('Reason');
  return reason === undefined ? {} : { reason };
}
