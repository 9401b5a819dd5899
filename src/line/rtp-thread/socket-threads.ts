import { Worker } from 'node:worker_threads';
import { JackfieldError } from '../../base/errors.js';
import { ThreadChannel } from '../../base/system/thread-channel.js';
import { systemClock } from '../../base/time/clock.js';
import { sharedMs } from '../../base/time/shared-clock.js';
import type { RtpAddress, RtpPorts, RtpTransport } from '../rtp/rtp-transport.js';
import { type DatagramBatch, readDatagrams } from './datagram-batch.js';
import {
  BATCH_MS,
  type DatagramOperations,
  type OpenedPair,
  type SocketOperations,
  type SocketSetup,
} from './socket-operations.js';

/** Listeners of socket threads. */
export interface SocketThreadEvents {
  /** A thread has ended by itself. Its transports have been told. */
  lost(error: JackfieldError): void;
  /** Datagrams were dropped, because this thread was busy for too long. */
  dropped(datagrams: number): void;
}

/**
 * Threads that receive the datagrams of RTP sockets. Each datagram has the time at which it arrived there, however busy
 * this thread is. A thread is started when it is first needed, and again when it has ended by itself.
 */
export class SocketThreads {
  /** Longest time after its arrival that a datagram comes to this thread, while it is not busy, in ms. */
  static readonly latencyMs = BATCH_MS;
  readonly #most: number;
  readonly #events: SocketThreadEvents;
  readonly #threads = new Set<SocketThread>();

  /** @param most Number of threads: 1 or more. */
  constructor(most: number, events: SocketThreadEvents) {
    this.#most = most;
    this.#events = events;
  }

  /** Returns the thread that has the fewest ports. */
  get least(): SocketThread {
    if (this.#threads.size < this.#most) return this.#started();
    return [...this.#threads].reduce((least, other) => (other.size < least.size ? other : least));
  }

  /** Ends the threads, and what is open in them. */
  async close(): Promise<void> {
    await Promise.all([...this.#threads].map((thread) => thread.close()));
  }

  #started(): SocketThread {
    const thread: SocketThread = new SocketThread({
      dropped: (datagrams) => this.#events.dropped(datagrams),
      lost: (error) => {
        this.#threads.delete(thread);
        this.#events.lost(error);
      },
    });
    this.#threads.add(thread);
    return thread;
  }
}

/** One thread, and its sockets as this thread sees them. */
export class SocketThread {
  readonly #worker: Worker;
  readonly #events: SocketThreadEvents;
  readonly #channel: ThreadChannel<SocketOperations, DatagramOperations>;
  readonly #transports = new Map<number, RemoteTransport>();
  #opening = 0;
  #isOver = false;

  constructor(events: SocketThreadEvents) {
    this.#events = events;
    const setup: SocketSetup = { clockMs: systemClock.now() - sharedMs() };
    this.#worker = new Worker(new URL('./socket-thread-main.js', import.meta.url), { workerData: setup });
    this.#channel = new ThreadChannel<SocketOperations, DatagramOperations>(this.#worker, {
      arrived: (batch) => this.#arrived(batch),
      dropped: ({ datagrams }) => this.#events.dropped(datagrams),
    });
    this.#worker.on('error', (cause) => this.#lost(cause));
    this.#worker.on('exit', () => this.#lost(undefined));
  }

  /** Number of pairs of ports, with those that are being opened. */
  get size(): number {
    return this.#transports.size + this.#opening;
  }

  /** Opens a pair of UDP ports. @throws ERR_PORT; ERR_CLOSED when the thread ends. */
  async open(address: string, ports: RtpPorts | undefined): Promise<RtpTransport> {
    this.#opening++;
    try {
      const pair = await this.#channel.request('open', { address, ports });
      const transport = new RemoteTransport(pair, this.#channel, () => this.#transports.delete(pair.socket));
      this.#transports.set(pair.socket, transport);
      return transport;
    } finally {
      this.#opening--;
    }
  }

  async close(): Promise<void> {
    this.#isOver = true;
    this.#channel.close(new JackfieldError('ERR_CLOSED', 'The thread of the sockets was closed.'));
    await this.#worker.terminate();
  }

  #arrived(batch: DatagramBatch): void {
    readDatagrams(batch, (socket) => {
      const transport = this.#transports.get(socket & ~1);
      const isRtcp = socket % 2 === 1;
      return (
        transport &&
        ((bytes, start, end, from, atMs) => transport.onPacket(bytes, from, isRtcp, atMs, start, end))
      );
    });
    this.#channel.notify('read', { bytes: batch.length });
  }

  #lost(cause: Error | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const text = `A thread that receives RTP has ended${cause ? `: ${cause.message}` : ''}. Its ports are closed.`;
    const error = new JackfieldError('ERR_CLOSED', text, { cause });
    this.#channel.close(error);
    const transports = [...this.#transports.values()];
    this.#transports.clear();
    for (const transport of transports) transport.onLost(error);
    this.#events.lost(error);
  }
}

/** Pair of sockets in a thread. */
class RemoteTransport implements RtpTransport {
  readonly port: number;
  readonly rtcpPort: number;
  readonly #socket: number;
  readonly #channel: ThreadChannel<SocketOperations, DatagramOperations>;
  readonly #forget: () => void;
  onPacket: RtpTransport['onPacket'] = () => undefined;
  onLost: (error: JackfieldError) => void = () => undefined;
  #open = true;

  constructor(
    { socket, port, rtcpPort }: OpenedPair,
    channel: ThreadChannel<SocketOperations, DatagramOperations>,
    forget: () => void,
  ) {
    this.#socket = socket;
    this.port = port;
    this.rtcpPort = rtcpPort;
    this.#channel = channel;
    this.#forget = forget;
  }

  async drain(): Promise<void> {
    // Nothing comes from a thread that has ended.
    await this.#channel.request('drain', { socket: this.#socket }).catch(() => undefined);
  }

  send(bytes: Buffer, to: RtpAddress, isRtcp: boolean): void {
    if (!this.#open) return;
    // A copy: a buffer of Node may be a part of memory that is used again.
    const own = new Uint8Array(bytes);
    this.#channel.notify('send', { socket: this.#socket + (isRtcp ? 1 : 0), bytes: own, to }, [own.buffer]);
  }

  async close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    // Closed with its thread: it has no sockets any more.
    await this.#channel.request('close', { socket: this.#socket }).catch(() => undefined);
    this.#forget();
  }
}
