import type { Clock } from '../../base/time/clock.js';
import type { IncomingInvite } from '../sip-call/incoming-invite.js';
import type { SessionTimes } from '../sip-call/session-timer.js';
import type { SipRequest, SipResponse } from '../sip-message/sip-message.js';
import type { SipResolver } from '../sip-transport/resolve.js';
import type {
  HostPort,
  SipFlow,
  SipTransport,
  TransportKind,
  TransportListener,
} from '../sip-transport/sip-transport.js';
import type { SipTls } from '../sip-transport/stream-transport.js';
import type { SipTimes } from '../sip-transport/transaction.js';
import type { WireTrace } from '../sip-transport/watched-flow.js';

/** Address, port and transport that an endpoint listens on. */
export interface SipListening extends HostPort {
  readonly kind: TransportKind;
}

/** Ports of an endpoint; each can be left out. */
export interface SipPorts {
  readonly udp?: HostPort;
  readonly tcp?: HostPort;
  readonly tls?: HostPort & SipTls;
}

export interface SipEndpointOptions {
  /** Default: the machine's clock. */
  readonly clock?: Clock;
  readonly ports?: SipPorts;
  /** Further transports. Each function makes one; the transport passes what it receives to `listener`. */
  readonly transports?: readonly ((listener: TransportListener) => SipTransport)[];
  /**
   * Address at which peers reach this endpoint behind a NAT. Default: the address that a peer has seen, else the one
   * that the endpoint is bound to.
   */
  readonly advertised?: string;
  /** Looks up host names. Default: the resolver of the system. */
  readonly resolver?: SipResolver;
  readonly times?: Partial<SipTimes>;
  /** Times of the session timer (RFC 4028) in incoming calls. */
  readonly sessionTimes?: Partial<SessionTimes>;
  /** Name in User-Agent and Server. Default `Jackfield`. */
  readonly userAgent?: string;
  /**
   * Further extensions that a request may list in Require, such as `siprec`. The handler of the calls has to support
   * them. Default: none.
   */
  readonly extensions?: readonly string[];
  /**
   * Called with each incoming call, which it answers or rejects, now or later. The call is refused with 500 when it
   * throws or rejects. Default: every call is refused with 480.
   */
  readonly onInvite?: (invite: IncomingInvite) => void | Promise<void>;
  /**
   * Returns true to handle a request that belongs to no call. Any other request is dropped without an answer. Default:
   * all are handled.
   */
  readonly admits?: (request: SipRequest, flow: SipFlow) => boolean;
  /**
   * Called with a request that belongs to no dialog before it is handled. Returns a response to refuse the request.
   * Default: no request is refused.
   */
  readonly screen?: (request: SipRequest, flow: SipFlow) => SipResponse | undefined;
  /**
   * Answers a request that belongs to no dialog and is neither INVITE nor OPTIONS, such as REGISTER. Default: the
   * answer is 405, 481 or 501, depending on the method.
   */
  readonly onRequest?: (request: SipRequest, flow: SipFlow) => SipResponse | undefined;
  /** Returns a function that is called with each message received or sent; undefined while nobody watches. */
  readonly trace?: WireTrace;
  /** Called with errors that are reported nowhere else. Default: they are ignored. */
  readonly failed?: (error: unknown) => void;
}
