import type { Clock } from '../../base/time/clock.js';
import type { IncomingInvite } from '../sip-call/incoming-invite.js';
import type { SessionTimes } from '../sip-call/session-timer.js';
import type { SipRequest, SipResponse } from '../sip-message/message.js';
import type { SipResolver } from '../sip-transport/resolve.js';
import type { SipTls } from '../sip-transport/stream-transport.js';
import type { SipTimes } from '../sip-transport/transaction.js';
import type { WireTrace } from '../sip-transport/transaction-layer.js';
import type {
  HostPort,
  SipFlow,
  SipTransport,
  TransportKind,
  TransportListener,
} from '../sip-transport/transport.js';

/** Port that an endpoint listens on. */
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
  /** Other ways to send and to be reached, each made with the listener that takes what comes in. */
  readonly transports?: readonly ((listener: TransportListener) => SipTransport)[];
  /** Address that others reach it by, behind a NAT. Default: the one that it is bound to, or that a peer has seen. */
  readonly advertised?: string;
  /** Default: that of the system. */
  readonly resolver?: SipResolver;
  readonly times?: Partial<SipTimes>;
  /** Times of the sessions that come in. */
  readonly sessionTimes?: Partial<SessionTimes>;
  /** Name in User-Agent and Server. Default `Jackfield`. */
  readonly userAgent?: string;
  /** Further extensions that calls may require, such as `siprec`: whoever takes the calls knows them. Default: none. */
  readonly extensions?: readonly string[];
  /**
   * Takes a call that comes in. It is to be answered or rejected, now or later; what it throws or rejects with is a 500.
   * Default: every call is refused with 480.
   */
  readonly onInvite?: (invite: IncomingInvite) => void | Promise<void>;
  /** Says of a request that belongs to no call whether it is taken: one that is not is left out without an answer. Default: all are. */
  readonly admits?: (request: SipRequest, flow: SipFlow) => boolean;
  /** Looks at a request that belongs to no dialog before anything else does. Returns a response that refuses it. Default: none is. */
  readonly screen?: (request: SipRequest, flow: SipFlow) => SipResponse | undefined;
  /** Answers a request that belongs to no dialog and is neither INVITE nor OPTIONS, such as REGISTER. Default: 405 or 501. */
  readonly onRequest?: (request: SipRequest, flow: SipFlow) => SipResponse | undefined;
  /** Shows each message as it comes and goes, while it gives somebody to show it to. */
  readonly trace?: WireTrace;
  /** Told of what failed and has nobody else to be told. Default: nobody. */
  readonly failed?: (error: unknown) => void;
}
