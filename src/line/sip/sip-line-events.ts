import type { FencedEvents } from '../../base/listener/fenced-emitter.js';
import type { Identity } from '../../switch/identity.js';
import type { HostPort, TransportKind } from '../sip-transport/transport.js';
import type { SipRefusals } from './line-limits.js';
import type { RegistrationState } from './registration.js';

/** A call of a line, as its event tells it. */
export interface SipCallInfo {
  readonly direction: 'in' | 'out';
  readonly callId: string;
  readonly partner: Identity;
  /** The headers of the option `kept`, of a call that comes in. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Answer to {@link SipLine.probe}. */
export interface SipProbe {
  /** Nothing where there was no answer. */
  readonly status: number | undefined;
  readonly text: string;
  readonly ms: number;
}

/** A message on the wire. */
export interface SipWire {
  readonly direction: 'in' | 'out';
  readonly transport: TransportKind;
  /** Address of the peer. */
  readonly remote: HostPort;
  /** The whole message, a character for each byte. */
  readonly text: string;
}

/** Events of a {@link SipLine}. */
export interface SipLineEvents extends FencedEvents {
  registration: [state: RegistrationState];
  call: [call: SipCallInfo];
  /** A call was refused, with the status and the reason. */
  refused: [status: number, why: keyof SipRefusals, from: string];
  /** The trunk answers again, or does not any more (option `keepAliveSeconds`). */
  reachable: [isThere: boolean];
  /** A message came or went. */
  wire: [message: SipWire];
}
