import type { Malformed, SipMessage } from '../sip-message/sip-message.js';

export type TransportKind = 'UDP' | 'TCP' | 'TLS';

/** Address of one end: an IP address without brackets, and a port. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** Path to one peer: an address for datagrams, or a connection. */
export interface SipFlow {
  readonly kind: TransportKind;
  readonly remote: HostPort;
  /** Names in the verified certificate of the peer; empty without one. */
  readonly names: readonly string[];
  /** Sends a message. @throws ERR_PEER when it cannot be sent. */
  send(bytes: Buffer): Promise<void>;
}

/** Returns true when messages may get lost, and so are retransmitted. */
export function isLossy({ kind }: SipFlow): boolean {
  return kind === 'UDP';
}

/** Receiver of incoming messages. */
export interface TransportListener {
  message(message: SipMessage | Malformed, flow: SipFlow): void;
  /** The transport itself has failed. */
  failed(error: unknown): void;
  /** A connection was refused, because there are too many. */
  refused(): void;
}

/** Transport: a socket for datagrams, or a port for connections. */
export interface SipTransport {
  readonly kind: TransportKind;
  /** Address that it is bound to. */
  readonly local: HostPort;
  /** Returns the flow to a peer. An open connection is reused. @param name Name of the host, for its certificate. */
  flowTo(remote: HostPort, name: string): SipFlow;
  close(): Promise<void>;
}

/** Returns a host in the form of a URI or a Via. */
export function hostText(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
}

/** Returns an address as text: `192.0.2.1:5060`. */
export function addressText({ host, port }: HostPort): string {
  return `${hostText(host)}:${port}`;
}

/** Removes the IPv4 prefix that dual-stack sockets put before an address. */
export function plainAddress(address: string): string {
  return address.startsWith('::ffff:') ? address.slice(7) : address;
}
