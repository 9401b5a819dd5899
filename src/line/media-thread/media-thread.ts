import { Worker } from 'node:worker_threads';
import { JackfieldError } from '../../base/errors.js';
import { type PlainError, rebuildError, ThreadChannel } from '../../base/system/thread-channel.js';
import { sharedMs } from '../../base/time/shared-clock.js';
import type { WireMessage } from '../dialect/media-event.js';
import {
  type ConnectionListener,
  MAX_BUFFERED_BYTES,
  MAX_UNHEARD_MESSAGES,
  type MediaConnection,
} from '../media/media-connection.js';
import type { ListenerSpec, OnConnection } from '../media/open-listener.js';
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

/** Owner of a {@link MediaThread}. */
export interface MediaThreadOwner {
  readonly connection: OnConnection;
  /** The thread has ended by itself. Its connections have been told. */
  lost(error: JackfieldError): void;
}

/** Thread that listens on a port and holds its connections, as this thread sees it. */
export class MediaThread {
  readonly #worker: Worker;
  readonly #owner: MediaThreadOwner;
  readonly #channel: ThreadChannel<MediaThreadOperations, MediaOperations>;
  readonly #counters: Int32Array;
  readonly #connections = new Map<number, RemoteConnection>();
  readonly #batch = new MessageBatchWriter();
  /** True while the batch is to be sent at the end of this turn. */
  #isDue = false;
  #isOver = false;
  #ageMs = 0;

  constructor({ maxConnections }: ListenerSpec, owner: MediaThreadOwner) {
    this.#owner = owner;
    // The number of a connection is not free as soon as it has closed.
    const counters = new SharedArrayBuffer((1 + 2 * maxConnections) * Int32Array.BYTES_PER_ELEMENT);
    const setup: MediaThreadSetup = { counters };
    this.#counters = new Int32Array(counters);
    this.#worker = new Worker(new URL('./media-thread-main.js', import.meta.url), { workerData: setup });
    this.#channel = new ThreadChannel<MediaThreadOperations, MediaOperations>(this.#worker, {
      arrived: (batch) => this.#arrived(batch),
    });
    this.#worker.on('error', (cause) => this.#lost(cause));
    this.#worker.on('exit', () => this.#lost(undefined));
  }

  /** Returns the port. @throws ERR_PORT, ERR_INVALID_ARG; ERR_CLOSED when the thread ends. */
  async open(spec: ListenerSpec): Promise<number> {
    return await this.#channel.request('open', spec);
  }

  /** Ends the connections, after everything was sent, and the thread. */
  async close(): Promise<void> {
    this.#send();
    // A thread that has ended has closed its connections.
    await this.#channel.request('close', undefined).catch(() => undefined);
    this.#isOver = true;
    this.#channel.close(new JackfieldError('ERR_CLOSED', 'The thread of the connections was closed.'));
    await this.#worker.terminate();
  }

  /** Bytes of messages of a connection that have left the process, counted in 32 bits. */
  leftOf(number: number): number {
    return Atomics.load(this.#counters, number);
  }

  /** Milliseconds since the record that is being read was sent. */
  get ageMs(): number {
    return this.#ageMs;
  }

  /** Sends a record with the others of this turn. Returns the bytes of its payload. */
  put(kind: RecordKind, number: number, payload?: WireMessage): number {
    if (this.#isOver) return 0;
    const length = this.#batch.add(kind, number, payload);
    if (this.#batch.isFull) this.#send();
    else if (!this.#isDue) {
      this.#isDue = true;
      queueMicrotask(() => this.#send());
    }
    return length;
  }

  #send(): void {
    this.#isDue = false;
    if (this.#batch.isEmpty || this.#isOver) return;
    const batch = this.#batch.take();
    this.#channel.notify('send', batch, [batch.bytes]);
  }

  #arrived(batch: MessageBatch): void {
    this.#ageMs = Math.max(0, sharedMs() - batch.at);
    try {
      readBatch(batch, (kind, number, payload) => this.#take(kind, number, payload));
    } finally {
      Atomics.sub(this.#counters, UNREAD, batch.length);
      Atomics.notify(this.#counters, UNREAD);
      this.#batch.reuse(batch);
    }
  }

  #take(kind: RecordKind, number: number, payload: WireMessage): void {
    if (kind === RECORD.opened) {
      const connection = new RemoteConnection(this, number);
      this.#connections.set(number, connection);
      this.#owner.connection(connection, new URL(String(payload)));
      return;
    }
    const connection = this.#connections.get(number);
    if (kind !== RECORD.closed) {
      connection?.take(typeof payload === 'string' ? payload : Buffer.from(payload));
      return;
    }
    this.#connections.delete(number);
    this.put(RECORD.forget, number);
    connection?.over(
      payload.length > 0 ? rebuildError(JSON.parse(String(payload)) as PlainError) : undefined,
    );
  }

  #lost(cause: Error | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const text = `A thread that holds connections of media servers has ended${cause ? `: ${cause.message}` : ''}. Its calls have ended.`;
    const error = new JackfieldError('ERR_CLOSED', text, { cause });
    this.#channel.close(error);
    const connections = [...this.#connections.values()];
    this.#connections.clear();
    for (const connection of connections) connection.over(error);
    this.#owner.lost(error);
  }
}

/** Connection in a thread. It cannot probe, and does not tell when it is drained: a call needs neither. */
class RemoteConnection implements MediaConnection {
  readonly lagMs = 0;
  readonly #thread: MediaThread;
  readonly #number: number;
  #waiting: WireMessage[] = [];
  #listener: ConnectionListener | undefined;
  #end: { readonly error?: Error } | undefined;
  /** Bytes of messages that were sent, counted in 32 bits. */
  #sent = 0;

  constructor(thread: MediaThread, number: number) {
    this.#thread = thread;
    this.#number = number;
  }

  get ageMs(): number {
    return this.#thread.ageMs;
  }

  get bufferedBytes(): number {
    return this.#end ? 0 : (this.#sent - this.#thread.leftOf(this.#number)) | 0;
  }

  listen(listener: ConnectionListener): void {
    this.#listener = listener;
    for (const message of this.#waiting.splice(0)) listener.message(message);
    if (this.#end) listener.closed(this.#end.error);
  }

  probe(): void {}

  send(message: WireMessage): void {
    if (this.#end) return;
    if (this.bufferedBytes > MAX_BUFFERED_BYTES) {
      this.abort();
      this.over(new JackfieldError('ERR_LIMIT', 'The other end of a connection does not read its data.'));
      return;
    }
    const kind = typeof message === 'string' ? RECORD.text : RECORD.bytes;
    this.#sent += this.#thread.put(kind, this.#number, message);
  }

  close(): void {
    if (!this.#end) this.#thread.put(RECORD.close, this.#number);
  }

  abort(): void {
    if (!this.#end) this.#thread.put(RECORD.abort, this.#number);
  }

  take(message: WireMessage): void {
    if (this.#end) return;
    if (this.#listener) this.#listener.message(message);
    else if (this.#waiting.length < MAX_UNHEARD_MESSAGES) this.#waiting.push(message);
    else this.abort();
  }

  over(error: Error | undefined): void {
    if (this.#end) return;
    this.#end = error ? { error } : {};
    this.#listener?.closed(error);
  }
}
