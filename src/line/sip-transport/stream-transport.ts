import { once } from 'node:events';
import { connect as connectTcp, createServer, type Server, type Socket } from 'node:net';
import {
  connect as connectTls,
  createServer as createTlsServer,
  type PeerCertificate,
  TLSSocket,
} from 'node:tls';
import { JackfieldError, messageOf } from '../../base/errors.js';
import { listening, withKeys } from '../../base/system/listening.js';
import { readStream } from '../sip-message/sip-message.js';
import {
  addressText,
  type HostPort,
  plainAddress,
  type SipFlow,
  type SipTransport,
  type TransportListener,
} from './sip-transport.js';

/** Key and certificates of a TLS transport, as PEM. */
export interface SipTls {
  readonly key?: string;
  readonly cert?: string;
  /** Certificates of the trusted authorities. Default: those of the system. */
  readonly ca?: string;
  /** True when each client needs a certificate. Default false: a certificate is checked if the client has one. */
  readonly needsClientCertificate?: boolean;
}

/** Most simultaneous connections, and most unsent bytes of a connection. */
const MAX_CONNECTIONS = 1024;
const MAX_UNSENT_BYTES = 1024 * 1024;
const PONG = Buffer.from('\r\n');

/** SIP over TCP, or over TLS if keys are given. All calls to a peer share and reuse its connection. */
export class StreamTransport implements SipTransport {
  readonly kind: 'TCP' | 'TLS';
  readonly local: HostPort;
  readonly #server: Server;
  readonly #tls: SipTls | undefined;
  readonly #listener: TransportListener;
  readonly #connections = new Map<string, StreamConnection>();

  private constructor(server: Server, tls: SipTls | undefined, listener: TransportListener) {
    this.#server = server;
    this.#tls = tls;
    this.#listener = listener;
    this.kind = tls ? 'TLS' : 'TCP';
    const address = server.address();
    if (typeof address !== 'object' || !address) throw new TypeError('a listening server has an address');
    this.local = { host: plainAddress(address.address), port: address.port };
  }

  /**
   * Listens on a port.
   *
   * @throws ERR_PORT when it cannot listen; ERR_INVALID_ARG for a value that is not a key or certificate.
   */
  static async open(
    { host, port }: HostPort,
    listener: TransportListener,
    tls?: SipTls,
  ): Promise<StreamTransport> {
    const rejectUnauthorized = tls?.needsClientCertificate ?? false;
    const server = tls
      ? withKeys(() => createTlsServer({ ...pem(tls), requestCert: true, rejectUnauthorized }))
      : createServer();
    try {
      await listening(server, (done) => server.listen(port, host, done));
    } catch (error) {
      server.close();
      throw new JackfieldError(
        'ERR_PORT',
        `TCP port ${addressText({ host, port })} cannot be used for SIP: ${messageOf(error)}. Choose another port.`,
        { cause: error },
      );
    }
    const transport = new StreamTransport(server, tls, listener);
    server.on(tls ? 'secureConnection' : 'connection', (socket: Socket) => transport.#accept(socket));
    server.on('error', (error) => listener.failed(error));
    return transport;
  }

  flowTo(remote: HostPort, name: string): SipFlow {
    const known = this.#connections.get(addressText(remote));
    if (known) return known;
    const options = { host: remote.host, port: remote.port };
    const servername = /^[\d.]+$|:/.test(name) ? undefined : name;
    const socket = this.#tls
      ? connectTls({ ...options, ...pem(this.#tls), ...(servername !== undefined && { servername }) })
      : connectTcp(options);
    const connection = this.#add(socket, remote);
    connection.opens();
    return connection;
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const { socket } of this.#connections.values()) socket.destroy();
    await closed;
  }

  #accept(socket: Socket): void {
    const { remoteAddress, remotePort } = socket;
    if (remoteAddress === undefined || remotePort === undefined) {
      socket.destroy();
      return;
    }
    if (this.#connections.size >= MAX_CONNECTIONS) {
      socket.destroy();
      this.#listener.refused();
      return;
    }
    this.#add(socket, { host: plainAddress(remoteAddress), port: remotePort });
  }

  #add(socket: Socket, remote: HostPort): StreamConnection {
    const connection = new StreamConnection(this.kind, socket, remote, this.#listener);
    const key = addressText(remote);
    this.#connections.set(key, connection);
    socket.on('close', () => {
      if (this.#connections.get(key) === connection) this.#connections.delete(key);
    });
    return connection;
  }
}

/** Connection in either direction. */
class StreamConnection implements SipFlow {
  readonly kind: 'TCP' | 'TLS';
  readonly remote: HostPort;
  readonly socket: Socket;
  readonly #listener: TransportListener;
  #unread: Buffer = Buffer.alloc(0);
  #failure: unknown;
  #opening: Promise<void> | undefined;

  constructor(kind: 'TCP' | 'TLS', socket: Socket, remote: HostPort, listener: TransportListener) {
    this.kind = kind;
    this.socket = socket;
    this.remote = remote;
    this.#listener = listener;
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 60_000);
    socket.on('data', (bytes: Buffer) => this.#read(bytes));
    // Senders get the error. A peer that closes its connection is not a failure of the transport.
    socket.on('error', (error) => {
      this.#failure = error;
    });
  }

  get names(): readonly string[] {
    if (!(this.socket instanceof TLSSocket) || !this.socket.authorized) return [];
    return namesOf(this.socket.getPeerCertificate());
  }

  /** Notes that the connection is being opened. Nothing is sent before the peer has shown its certificate. */
  opens(): void {
    const { socket } = this;
    this.#opening = new Promise((resolve, reject) => {
      const closed = () => reject(this.#broken(messageOf(this.#failure ?? 'it was closed')));
      socket.once('close', closed);
      socket.once(this.kind === 'TLS' ? 'secureConnect' : 'connect', () => {
        socket.off('close', closed);
        this.#opening = undefined;
        resolve();
      });
    });
    this.#opening.catch(() => undefined);
  }

  async send(bytes: Buffer): Promise<void> {
    await this.#opening;
    await this.#write(bytes);
  }

  #write(bytes: Buffer): Promise<void> {
    const { socket } = this;
    if (socket.destroyed || socket.writableLength > MAX_UNSENT_BYTES) {
      const why = socket.destroyed ? 'it is closed' : 'the peer does not read its data';
      if (!socket.destroyed) socket.destroy();
      return Promise.reject(this.#broken(why));
    }
    return new Promise((resolve, reject) => {
      const closed = () => settle(this.#broken(messageOf(this.#failure ?? 'it was closed')));
      const settle = (error?: Error | null) => {
        socket.off('close', closed);
        if (error) reject(error);
        else resolve();
      };
      socket.once('close', closed);
      socket.write(bytes, (error) => settle(error ? this.#broken(messageOf(error)) : undefined));
    });
  }

  #read(bytes: Buffer): void {
    this.#unread = this.#unread.length === 0 ? bytes : Buffer.concat([this.#unread, bytes]);
    for (let read = readStream(this.#unread); read; read = readStream(this.#unread)) {
      const { end, message } = read;
      if (end === 'lost') {
        this.#unread = Buffer.alloc(0);
        this.#listener.message(message, this);
        this.socket.end();
        this.socket.removeAllListeners('data').resume();
        return;
      }
      // Two line breaks are a keep-alive ping (RFC 5626, section 4.4.1).
      if (!message && end >= 4) void this.send(PONG).catch(() => undefined);
      this.#unread = this.#unread.subarray(end);
      if (message) this.#listener.message(message, this);
      if (this.#unread.length === 0) return;
    }
  }

  #broken(why: string): JackfieldError {
    return new JackfieldError('ERR_PEER', `The connection to ${addressText(this.remote)} failed: ${why}.`, {
      cause: this.#failure,
    });
  }
}

function pem({ key, cert, ca }: SipTls) {
  return {
    ...(key !== undefined && { key }),
    ...(cert !== undefined && { cert }),
    ...(ca !== undefined && { ca }),
  };
}

/** Returns the names of a certificate: its alternative names, or its common name. */
function namesOf(certificate: PeerCertificate): string[] {
  const alternatives = (certificate.subjectaltname ?? '')
    .split(/,\s*/)
    .flatMap((each) => /^(?:DNS|URI):(?:sips?:)?(.+)$/.exec(each)?.[1] ?? []);
  const common: unknown = certificate.subject?.CN;
  const names = alternatives.length > 0 ? alternatives : typeof common === 'string' ? [common] : [];
  return names.map((name) => name.toLowerCase());
}
