import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { plainError, ThreadChannel } from '../../base/system/thread-channel.js';
import { systemClock } from '../../base/time/clock.js';
import type { WireMessage } from '../dialect/media-event.js';
import type { MediaConnection } from '../media/media-connection.js';
import { type ListenerSpec, type Listening, openListener } from '../media/open-listener.js';
import {
  type MediaOperations,
  type MediaThreadOperations,
  type MediaThreadSetup,
  UNREAD,
} from './media-thread-operations.js';
import {
  type MessageBatch,
  MessageBatchWriter,
  RECORD,
  type RecordKind,
  readBatch,
} from './message-batch.js';

/** Time for which a message waits for others, in ms. */
const BATCH_MS = 1;
/**
 * Most bytes that the other thread has not read. Beyond it this thread stands still: then the peers' data waits in their
 * sockets, as it does where one thread does everything.
 */
const MOST_UNREAD = 2 * 1024 * 1024;
/** Time between two looks at connections whose peers do not read, in ms. */
const LOOK_MS = 20;

/** Connection, and the bytes of messages that were given to it. */
interface Held {
  readonly connection: MediaConnection;
  given: number;
}

/** Connections of a thread. What comes on them is sent to the other thread in batches. */
class ConnectionThread {
  readonly #channel: ThreadChannel<MediaOperations, MediaThreadOperations>;
  readonly #counters: Int32Array;
  readonly #held = new Map<number, Held>();
  /** Numbers for connections. */
  readonly #free: number[];
  /** Connections whose peers have not taken everything. */
  readonly #behind = new Set<number>();
  readonly #batch = new MessageBatchWriter();
  #listening: Listening | undefined;
  #timer: NodeJS.Timeout | undefined;
  #lookTimer: NodeJS.Timeout | undefined;

  constructor(port: MessagePort, { counters }: MediaThreadSetup) {
    this.#counters = new Int32Array(counters);
    this.#free = Array.from({ length: this.#counters.length - 1 }, (_, at) => this.#counters.length - 1 - at);
    this.#channel = new ThreadChannel<MediaOperations, MediaThreadOperations>(port, {
      open: (spec) => this.#open(spec),
      send: (batch) => this.#deliver(batch),
      close: () => this.#close(),
    });
  }

  async #open(spec: ListenerSpec): Promise<number> {
    this.#listening = await openListener(spec, systemClock, (connection, url) =>
      this.#accept(connection, url),
    );
    return this.#listening.port;
  }

  async #close(): Promise<void> {
    await this.#listening?.[Symbol.asyncDispose]();
    this.#send();
  }

  #accept(connection: MediaConnection, url: URL): void {
    const number = this.#free.pop();
    if (number === undefined) {
      connection.abort();
      return;
    }
    Atomics.store(this.#counters, number, 0);
    this.#held.set(number, { connection, given: 0 });
    this.#put(RECORD.opened, number, url.href);
    connection.listen({
      message: (message) =>
        this.#put(typeof message === 'string' ? RECORD.text : RECORD.bytes, number, message),
      closed: (error) => {
        this.#held.delete(number);
        this.#behind.delete(number);
        this.#put(RECORD.closed, number, error ? JSON.stringify(plainError(error)) : '');
      },
    });
  }

  #deliver(batch: MessageBatch): void {
    readBatch(batch, (kind, number, payload) => {
      if (kind === RECORD.forget) this.#free.push(number);
      const held = this.#held.get(number);
      if (!held) return;
      if (kind === RECORD.close) held.connection.close();
      else if (kind === RECORD.abort) held.connection.abort();
      else this.#write(number, held, kind, payload);
    });
    this.#batch.reuse(batch);
  }

  #write(number: number, held: Held, kind: RecordKind, payload: WireMessage): void {
    const isText = typeof payload === 'string';
    held.given += isText ? Buffer.byteLength(payload) : payload.length;
    // The memory of a message belongs to its connection, and that of a batch is used again.
    held.connection.send(isText || kind === RECORD.text ? payload : Buffer.from(payload));
    this.#tell(number, held);
  }

  /** Tells how much of what was given to a connection has left. */
  #tell(number: number, { connection, given }: Held): void {
    const waiting = connection.bufferedBytes;
    // The heads of frames wait as well, so more may wait than was given.
    Atomics.store(this.#counters, number, waiting === 0 ? given : given - waiting);
    if (waiting === 0) this.#behind.delete(number);
    else this.#behind.add(number);
    if (this.#behind.size > 0) this.#lookTimer ??= setTimeout(() => this.#look(), LOOK_MS);
  }

  #look(): void {
    this.#lookTimer = undefined;
    for (const number of this.#behind) {
      const held = this.#held.get(number);
      if (held) this.#tell(number, held);
    }
  }

  #put(kind: RecordKind, number: number, payload: WireMessage): void {
    this.#batch.add(kind, number, payload);
    if (this.#batch.isFull) this.#send();
    else this.#timer ??= setTimeout(() => this.#send(), BATCH_MS);
  }

  #send(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#batch.isEmpty) return;
    const batch = this.#batch.take();
    let unread = Atomics.add(this.#counters, UNREAD, batch.length) + batch.length;
    this.#channel.notify('arrived', batch, [batch.bytes]);
    while (unread > MOST_UNREAD) {
      Atomics.wait(this.#counters, UNREAD, unread);
      unread = Atomics.load(this.#counters, UNREAD);
    }
  }
}

/* Entry point of a thread that holds the connections of media servers. */
if (parentPort) new ConnectionThread(parentPort, workerData as MediaThreadSetup);
