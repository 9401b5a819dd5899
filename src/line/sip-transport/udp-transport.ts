import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6, type LookupFunction } from 'node:net';
import { JackfieldError, messageOf } from '../../base/errors.js';
import { readDatagram } from '../sip-message/sip-message.js';
import {
  addressText,
  type HostPort,
  plainAddress,
  type SipFlow,
  type SipTransport,
  type TransportListener,
} from './sip-transport.js';

/**
 * Receive buffer of the socket, in bytes. The default of 208 KiB overflows in a burst of calls while the loop is busy.
 */
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;

/** SIP over UDP. */
export class UdpTransport implements SipTransport {
  readonly kind = 'UDP';
  readonly local: HostPort;
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
    const { address, port } = socket.address();
    this.local = { host: plainAddress(address), port };
  }

  /** Binds a socket. @throws ERR_PORT when that fails. */
  static async open({ host, port }: HostPort, listener: TransportListener): Promise<UdpTransport> {
    const type = isIPv6(host) ? 'udp6' : 'udp4';
    // Datagrams are sent to IP addresses only, so the lookup does nothing.
    const lookup: LookupFunction = (name, _options, done) => done(null, name, type === 'udp6' ? 6 : 4);
    const socket = createSocket({ type, lookup: lookup as never });
    try {
      // The lookup takes no time, so `listening` may come before bind() returns.
      const listening = once(socket, 'listening');
      socket.bind(port, host);
      await listening;
    } catch (error) {
      socket.close();
      throw new JackfieldError(
        'ERR_PORT',
        `UDP port ${addressText({ host, port })} cannot be used for SIP: ${messageOf(error)}. Choose another port.`,
        { cause: error },
      );
    }
    try {
      socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES);
    } catch {
      // The system allows less, so the default size stays.
    }
    const transport = new UdpTransport(socket);
    socket.on('error', (error) => listener.failed(error));
    socket.on('message', (bytes, from) => {
      const message = readDatagram(bytes);
      const remote = { host: plainAddress(from.address), port: from.port };
      if (message && remote.port !== 0) listener.message(message, transport.flowTo(remote));
    });
    return transport;
  }

  flowTo(remote: HostPort): SipFlow {
    return {
      kind: 'UDP',
      remote,
      names: [],
      send: (bytes) =>
        new Promise<void>((resolve, reject) => {
          const done = (error: Error | null) => (error ? reject(unsendable(remote, error)) : resolve());
          try {
            this.#socket.send(bytes, remote.port, remote.host, done);
          } catch (error) {
            reject(unsendable(remote, error));
          }
        }),
    };
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => this.#socket.close(() => resolve()));
  }
}

function unsendable(remote: HostPort, error: unknown): JackfieldError {
  return new JackfieldError(
    'ERR_PEER',
    `A datagram to ${addressText(remote)} could not be sent: ${messageOf(error)}.`,
    { cause: error },
  );
}
