import type { Malformed, SipMessage } from '../sip-message/message.js';

export type TransportKind = 'UDP' | 'TCP' | 'TLS';

/** Address of one end: an IP address without brackets, and a port. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** Way to one peer: an address for datagrams, or a connection. */
export interface SipFlow {
  readonly kind: TransportKind;
  readonly remote: HostPort;
  /** Names that the peer's certificate has proved; none without one. */
  readonly names: readonly string[];
  /** Sends a message. @throws ERR_PEER when it cannot be sent. */
  send(bytes: Buffer): Promise<void>;
}

/** True where messages may get lost on the way, and are sent again for that. */
export function isLossy({ kind }: SipFlow): boolean {
  return kind === 'UDP';
}

/** Receiver of what comes in. */
export interface TransportListener {
  message(message: SipMessage | Malformed, flow: SipFlow): void;
  /** The transport itself has failed. */
  failed(error: unknown): void;
  /** A connection was refused, since there are too many. */
  refused(): void;
}

/** One way to send and to be reached: a socket for datagrams, or a port for connections. */
export interface SipTransport {
  readonly kind: TransportKind;
  /** Address that it is bound to. */
  readonly local: HostPort;
  /** The way to a peer; a connection is made, or one that is open used. @param name The host's name, for its certificate. */
  flowTo(remote: HostPort, name: string): SipFlow;
  close(): Promise<void>;
}

/** Address in the form of a URI or a Via. */
export function hostText(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
}

/** Text for a message and for a key: `192.0.2.1:5060`. */
export function addressText({ host, port }: HostPort): string {
  return `${hostText(host)}:${port}`;
}

/** The address without the IPv4 prefix that sockets for both families put before it. */
export function plainAddress(address: string): string {
  return address.startsWith('::ffff:') ? address.slice(7) : address;
}
