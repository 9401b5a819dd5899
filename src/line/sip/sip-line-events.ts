import type { FencedEvents } from '../../base/listener/fenced-emitter.js';
import type { Identity } from '../../switch/identity.js';
import type { HostPort, TransportKind } from '../sip-transport/sip-transport.js';
import type { SipRefusals } from './line-limits.js';
import type { RegistrationState } from './registration.js';

/** Call of a line, as the event `call` reports it. */
export interface SipCallInfo {
  readonly direction: 'in' | 'out';
  readonly callId: string;
  readonly partner: Identity;
  /** Headers that the option `kept` names; empty for an outgoing call. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Answer to {@link SipLine.probe}. */
export interface SipProbe {
  /** Undefined when there was no answer. */
  readonly status: number | undefined;
  readonly text: string;
  readonly ms: number;
}

/** SIP message on the wire. */
export interface SipWire {
  readonly direction: 'in' | 'out';
  readonly transport: TransportKind;
  /** Address of the peer. */
  readonly remote: HostPort;
  /** Whole message, with one character for each byte (latin1). */
  readonly text: string;
}

/** Events of a {@link SipLine}. */
export interface SipLineEvents extends FencedEvents {
  registration: [state: RegistrationState];
  call: [call: SipCallInfo];
  /** A call or a registration was refused: status, reason, and address of the peer. */
  refused: [status: number, why: keyof SipRefusals, from: string];
  /** The trunk answers again (true), or has stopped answering (false). See the option `keepAliveSeconds`. */
  reachable: [isThere: boolean];
  /** A message was received or sent. */
  wire: [message: SipWire];
}
