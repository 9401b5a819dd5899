import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { ThreadChannel } from '../../base/system/thread-channel.js';
import { sharedMs } from '../../base/time/shared-clock.js';
import { openUdp, type RtpAddress, type RtpPorts, type RtpTransport } from '../rtp/rtp-transport.js';
import { BatchWriter } from './datagram-batch.js';
import {
  BATCH_MS,
  type DatagramOperations,
  type OpenedPair,
  type SocketOperations,
  type SocketSetup,
} from './socket-operations.js';

/** Most bytes that wait to be read by the other thread: more than five seconds of 500 calls. */
const MOST_UNREAD = 64 * 1024 * 1024;

/** Sockets of a thread. What arrives is sent to the other thread in batches, each datagram with its time of arrival. */
class SocketThread {
  readonly #channel: ThreadChannel<DatagramOperations, SocketOperations>;
  readonly #pairs = new Map<number, RtpTransport>();
  readonly #batch = new BatchWriter();
  /** Added to the clock of this thread, gives the clock of the other one. */
  readonly #shiftMs: number;
  #last = 0;
  #unread = 0;
  #dropped = 0;
  #timer: NodeJS.Timeout | undefined;
  readonly #rests = new Rests();

  constructor(port: MessagePort, { clockMs }: SocketSetup) {
    this.#shiftMs = clockMs + sharedMs() - performance.now();
    this.#channel = new ThreadChannel<DatagramOperations, SocketOperations>(port, {
      open: ({ address, ports }) => this.#open(address, ports),
      send: ({ socket, bytes, to }) => {
        this.#pairs.get(socket & ~1)?.send(Buffer.from(bytes.buffer as ArrayBuffer), to, socket % 2 === 1);
      },
      read: ({ bytes }) => this.#read(bytes),
      drain: ({ socket }) => this.#drain(socket),
      close: ({ socket }) => this.#close(socket),
    });
  }

  async #open(address: string, ports: RtpPorts | undefined): Promise<OpenedPair> {
    const pair = await openUdp(address, ports);
    this.#last += 2;
    const socket = this.#last;
    this.#pairs.set(socket, pair);
    pair.onPacket = (bytes, from, isRtcp) => this.#arrived(isRtcp ? socket + 1 : socket, bytes, from);
    return { socket, port: pair.port, rtcpPort: pair.rtcpPort };
  }

  async #close(socket: number): Promise<void> {
    const pair = this.#pairs.get(socket);
    this.#pairs.delete(socket);
    await pair?.close();
  }

  async #drain(socket: number): Promise<void> {
    await this.#pairs.get(socket)?.drain?.();
    this.#send();
  }

  #arrived(socket: number, bytes: Buffer, from: RtpAddress): void {
    if (this.#unread > MOST_UNREAD) {
      this.#dropped++;
      return;
    }
    if (!this.#batch.hasRoom(bytes.length)) this.#send();
    this.#batch.add(socket, bytes, from, performance.now() + this.#shiftMs);
    this.#rests.arrived();
    this.#timer ??= setTimeout(() => this.#send(), BATCH_MS);
  }

  #send(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#rests.sent();
    if (this.#batch.isEmpty) return;
    const batch = this.#batch.take();
    this.#unread += batch.length;
    this.#channel.notify('arrived', batch, [batch.bytes]);
  }

  #read(bytes: number): void {
    this.#unread -= bytes;
    if (this.#dropped === 0) return;
    this.#channel.notify('dropped', { datagrams: this.#dropped });
    this.#dropped = 0;
  }
}

/** Datagrams of a batch above which the thread rests: those of 50 calls. */
const MANY = 500;
/** Length of a rest, in ms. What comes meanwhile is noted to have come up to that much later. */
const REST_MS = 4;
/** Memory that nobody changes: to wait for it is to rest. */
const NEVER = new Int32Array(new SharedArrayBuffer(4));

/**
 * Rests of a thread that many datagrams come to: one after each turn of the event loop that has brought some. A turn
 * then reads many sockets, which takes less processor time than many turns.
 */
class Rests {
  #datagrams = 0;
  #isBusy = false;
  #isSet = false;

  /** Notes a datagram. */
  arrived(): void {
    this.#datagrams++;
    if (!this.#isBusy || this.#isSet) return;
    this.#isSet = true;
    setImmediate(this.#rest);
  }

  /** Notes that a batch was sent: its datagrams tell whether the thread rests in the next one. */
  sent(): void {
    this.#isBusy = this.#datagrams > MANY;
    this.#datagrams = 0;
  }

  readonly #rest = (): void => {
    this.#isSet = false;
    Atomics.wait(NEVER, 0, 0, REST_MS);
  };
}

/* Entry point of a thread that holds sockets of RTP. */
if (parentPort) new SocketThread(parentPort, workerData as SocketSetup);
