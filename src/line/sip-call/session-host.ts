import { JackfieldError } from '../../base/errors.js';
import type { Clock } from '../../base/time/clock.js';
import type { SipBody } from '../sip-message/body.js';
import type { Credentials } from '../sip-message/digest.js';
import { reasonPhrase } from '../sip-message/reasons.js';
import type { SipMessage, SipRequest, SipResponse } from '../sip-message/sip-message.js';
import type { SipFlow } from '../sip-transport/sip-transport.js';
import type { SipTimes } from '../sip-transport/transaction.js';
import type { SipWay } from './dialog.js';
import type { OutgoingRequestEvents, SendingFailure } from './outgoing-request.js';

/** Error that refuses a request with a status. */
export class SipRefusal extends JackfieldError {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    reason: string = reasonPhrase(status),
    headers: Readonly<Record<string, string>> = {},
  ) {
    super('ERR_LINE', `${status} ${reason}`);
    this.status = status;
    this.headers = headers;
  }
}

/** Media of one end, negotiated with the other end by offer and answer (RFC 3264). */
export interface SessionMedia {
  /** Makes an offer for the current state of this end. */
  offer(): SipBody | Promise<SipBody>;
  /** Answers an offer. @param message Message with the offer and its other parts. @throws SipRefusal */
  answer(offer: SipBody, message: SipMessage): SipBody | Promise<SipBody>;
  /** Takes the answer to the offer of this end. */
  take(answer: SipBody, message: SipMessage): void | Promise<void>;
}

/** Operation that can be cancelled. */
export interface Cancellable {
  cancel(): void;
}

export type RequestOutcome =
  | { readonly response: SipResponse; readonly flow: SipFlow }
  | { readonly failure: SendingFailure };

/** Functions of an endpoint that calls use. */
export interface SessionHost<S> {
  readonly clock: Clock;
  readonly times: SipTimes;
  readonly userAgent: string;
  contactFor(flow: SipFlow, user?: string): string;
  send(request: SipRequest, way: SipWay, events: OutgoingRequestEvents): Cancellable;
  request(request: SipRequest, way: SipWay, credentials?: Credentials): Promise<RequestOutcome>;
  acknowledge(ack: SipRequest, way: SipWay): void;
  /** Repeats a response. */
  repeat(response: SipResponse, flow: SipFlow): void;
  addSession(session: S): void;
  removeSession(session: S): void;
  failed(error: unknown): void;
}
