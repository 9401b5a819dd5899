import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIP } from 'node:net';
import { JackfieldError, messageOf } from '../../base/errors.js';

/** Address of a peer's socket. */
export interface RtpAddress {
  readonly address: string;
  readonly port: number;
}

export function isSameAddress(a: RtpAddress | undefined, b: RtpAddress): boolean {
  return a?.address === b.address && a.port === b.port;
}

/** Carries the datagrams of one session: RTP on a port, RTCP on another. */
export interface RtpTransport {
  readonly port: number;
  readonly rtcpPort: number;
  /**
   * Called with each datagram. The callee owns the bytes.
   *
   * @param atMs Time of its arrival, by the clock of the session. Default: now.
   * @param start Part of `bytes` that is the datagram, up to `end`. Default: all of it.
   */
  onPacket: (
    bytes: Buffer,
    from: RtpAddress,
    isRtcp: boolean,
    atMs?: number,
    start?: number,
    end?: number,
  ) => void;
  /** Called once when the sockets are gone before {@link close}, and nothing arrives any more. Default: nothing. */
  onLost?: (error: JackfieldError) => void;
  /** Resolves when all that has arrived so far was brought. Absent where nothing waits in a socket. */
  drain?(): Promise<void>;
  /** Sends a datagram. One that cannot be sent is lost, without an error. */
  send(bytes: Buffer, to: RtpAddress, isRtcp: boolean): void;
  close(): Promise<void>;
}

/** Range of ports. Each session takes an even one for RTP and the next for RTCP (RFC 3550, section 11). */
export interface RtpPorts {
  /** 1 to 65534. */
  readonly from: number;
  /** Included. */
  readonly to: number;
}

/**
 * Receive buffer of a socket, in bytes. The default of 208 KiB holds one second of only a few streams. Packets would be
 * lost when the thread is busy for longer.
 */
const RECEIVE_BUFFER = 512 * 1024;
/** Most turns of the event loop that wait for a pair to be empty. A turn reads up to 32 datagrams of a socket. */
const MOST_TURNS = 64;
/** Most ports of the system's choice that are tried. Some are odd, and some have a neighbour that is taken. */
const ATTEMPTS = 100;

/**
 * Opens a pair of UDP ports.
 *
 * @throws ERR_PORT when the address is not one of this machine, or no pair of the range is free.
 */
export async function openUdp(address: string, ports: RtpPorts | undefined): Promise<RtpTransport> {
  if (!ports) {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const rtp = await bound(address, 0);
      const pair = rtp.address().port % 2 === 0 && (await partner(rtp, address));
      if (pair) return new UdpPair(rtp, pair);
      await closed(rtp);
    }
    throw new JackfieldError(
      'ERR_PORT',
      `The system found no even UDP port on ${address} whose next port is also free.`,
    );
  }
  const first = ports.from + (ports.from % 2);
  const pairs = Math.max(0, Math.floor((ports.to - first + 1) / 2));
  // The search starts at a random pair, so that late packets of one call do not reach another call.
  const start = Math.floor(Math.random() * pairs);
  for (let n = 0; n < pairs; n++) {
    const pair = (start + n) % pairs;
    const rtp = await bound(address, first + 2 * pair).catch(unlessTaken);
    if (!rtp) continue;
    const rtcp = await partner(rtp, address);
    if (rtcp) return new UdpPair(rtp, rtcp);
    await closed(rtp);
  }
  throw new JackfieldError(
    'ERR_PORT',
    `All ${pairs} pairs of UDP ports from ${ports.from} to ${ports.to} on ${address} are in use: each call needs one pair. Widen the range, or accept fewer calls.`,
  );
}

/** Opens the RTCP socket next to one for RTP; undefined when its port is taken. */
async function partner(rtp: Socket, address: string): Promise<Socket | undefined> {
  return bound(address, rtp.address().port + 1).catch(unlessTaken);
}

function unlessTaken(error: unknown): undefined {
  const { code } = ((error as Error).cause ?? {}) as NodeJS.ErrnoException;
  if (code !== 'EADDRINUSE' && code !== 'EACCES') throw error;
}

function bound(address: string, port: number): Promise<Socket> {
  const type = isIP(address) === 6 ? 'udp6' : 'udp4';
  // All addresses here are numeric, so no packet waits for a name look-up.
  const lookup = (host: string, _: unknown, found: (e: null, address: string, family: number) => void) =>
    found(null, host, isIP(host));
  const socket = createSocket({ type, lookup, recvBufferSize: RECEIVE_BUFFER });
  return new Promise((resolve, reject) => {
    socket.once('error', (cause) => {
      const text = `Cannot receive on UDP port ${port} of ${address}: ${messageOf(cause)}.`;
      socket.close();
      reject(new JackfieldError('ERR_PORT', text, { cause }));
    });
    socket.bind({ port, address, exclusive: true }, () => {
      socket.removeAllListeners('error');
      // The closed port of a peer is reported as an error of the socket. Only the packets to that peer are lost.
      socket.on('error', () => undefined);
      resolve(socket);
    });
  });
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.close(() => resolve()));
}

class UdpPair implements RtpTransport {
  readonly port: number;
  readonly rtcpPort: number;
  readonly #sockets: readonly [rtp: Socket, rtcp: Socket];
  onPacket: RtpTransport['onPacket'] = () => undefined;
  #open = true;
  #arrived = 0;

  constructor(rtp: Socket, rtcp: Socket) {
    this.port = rtp.address().port;
    this.rtcpPort = rtcp.address().port;
    this.#sockets = [rtp, rtcp];
    rtp.on('message', (bytes, from: RemoteInfo) => this.#take(bytes, from, false));
    rtcp.on('message', (bytes, from: RemoteInfo) => this.#take(bytes, from, true));
  }

  /** A stranger that sends on and on holds it up for a bounded time. */
  async drain(): Promise<void> {
    let arrived = -1;
    for (let turn = 0; this.#open && this.#arrived !== arrived && turn < MOST_TURNS; turn++) {
      arrived = this.#arrived;
      await nextTurn();
    }
  }

  send(bytes: Buffer, { address, port }: RtpAddress, isRtcp: boolean): void {
    if (this.#open) this.#sockets[isRtcp ? 1 : 0].send(bytes, port, address, () => undefined);
  }

  async close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    await Promise.all(this.#sockets.map(closed));
  }

  #take(bytes: Buffer, from: RemoteInfo, isRtcp: boolean): void {
    this.#arrived++;
    this.onPacket(bytes, from, isRtcp);
  }
}

/** Resolves when the event loop has looked at all sockets since. One `setImmediate` may come before it has. */
async function nextTurn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
}
