import type { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { type Clock, systemClock } from '../time/clock.js';

/** An event as the package `x11` decodes it. */
export interface X11Event {
  readonly name: string;
  /** The window that a ClientMessage names, or that a DestroyNotify tells of. */
  readonly wid: number;
  readonly message_type?: number;
  readonly data?: readonly number[];
}

/** Atoms of the two types of ClientMessage. */
export interface X11MessageTypes {
  readonly begin: number;
  readonly more: number;
}

type Answer<T> = (error: Error | null, result: T) => unknown;

/** The used members of a connection of the package `x11`, which has no types of its own. */
interface X11Client extends EventEmitter {
  atoms: Record<string, number>;
  readonly stream: EventEmitter & {
    readonly destroyed: boolean;
    readonly writableLength: number;
    end(): void;
    destroy(): void;
  };
  AllocID(): number;
  CreateWindow(id: number, parent: number, x: number, y: number, width: number, height: number): void;
  ChangeWindowAttributes(window: number, values: { eventMask: number }, answer: Answer<void>): void;
  InternAtom(onlyIfExists: boolean, name: string, answer: Answer<number>): void;
  GetProperty(
    remove: 0 | 1,
    window: number,
    property: number,
    type: number,
    offset: number,
    length: number,
    answer: Answer<{ readonly data: Buffer }>,
  ): void;
  ChangeProperty(
    mode: 0,
    window: number,
    property: number,
    type: number,
    bits: 32,
    data: readonly number[],
    answer: Answer<void>,
  ): void;
  DeleteProperty(window: number, property: number, answer: Answer<void>): void;
  flush(done: () => void): void;
  SendEvent(destination: number, propagate: 0, eventMask: 0, event: object): void;
}

interface X11Package {
  createClient(
    options: { display: string },
    opened: Answer<{ client: X11Client; screen: readonly { root: number }[] } | undefined>,
  ): EventEmitter & Partial<Pick<X11Client, 'stream'>>;
}

/** Length of a SendEvent request (X Window System Protocol, "SendEvent"). */
const EVENT_REQUEST_BYTES = 44;
/** Format of a ClientMessage whose data are bytes. */
const BYTES = 8;
/** Type of a property that holds windows. */
const WINDOW_TYPE = 33;
/** Event mask that tells of the end of a window. */
const STRUCTURE_NOTIFY = 1 << 17;
/** Longest wait for an answer of the server, in milliseconds. */
const ANSWER_MS = 5000;
const SILENT = `the X server did not answer within ${ANSWER_MS} ms`;

/** A connection to an X server, with the few requests that either side needs to carry messages. */
export class X11Display {
  readonly #client: X11Client;
  readonly #root: number;
  readonly #clock: Clock;
  /** The property of the root window that this program has set. */
  #announced: number | undefined;
  /** Bytes of messages that were queued and that were sent. */
  #queued = 0;
  #flushed = 0;
  #flushing: Promise<void> | undefined;

  private constructor(client: X11Client, root: number, clock: Clock) {
    this.#client = client;
    this.#root = root;
    this.#clock = clock;
    // The package keeps the atoms of every server in one table for the whole process (x11 4.2.2); they differ
    // between servers, and when a server is reset.
    client.atoms = {};
  }

  /**
   * Connects. Rejects with the package's own error, or when the server does not answer in time.
   *
   * @param display such as `:0`.
   */
  static async open(display: string, clock: Clock = systemClock): Promise<X11Display> {
    const x11 = createRequire(import.meta.url)('x11') as X11Package;
    return await new Promise((resolve, reject) => {
      const connecting = x11.createClient({ display }, (error, opened) => {
        cancel();
        const root = opened?.screen[0]?.root;
        if (opened && root !== undefined) resolve(new X11Display(opened.client, root, clock));
        else reject(error ?? new Error('the X server has no screen'));
      });
      const cancel = clock.timerAt(clock.now() + ANSWER_MS, () => {
        reject(new Error(SILENT));
        connecting.stream?.destroy();
      });
      connecting.on('error', (error) => {
        cancel();
        reject(error);
      });
    });
  }

  /** Bytes that wait to be sent. */
  get unsent(): number {
    return Math.max(this.#queued - this.#flushed, this.#client.stream.writableLength);
  }

  /** Calls `event` for each event, `error` when the server refuses a request, `closed` when the connection ends. */
  listen(on: { event(event: X11Event): void; error(why: unknown): void; closed(why: unknown): void }): void {
    this.#client.on('event', on.event);
    this.#client.on('error', on.error);
    this.#client.stream.on('close', () => on.closed('the X server closed the connection'));
  }

  atom(name: string): Promise<number> {
    return this.#ask(promisify(this.#client.InternAtom.bind(this.#client, false))(name));
  }

  /** Makes a window of this program, which is never shown. */
  createWindow(): number {
    const id = this.#client.AllocID();
    this.#client.CreateWindow(id, this.#root, 0, 0, 1, 1);
    return id;
  }

  /** The window that a property of the root window names. */
  async namedWindow(property: number): Promise<number | undefined> {
    const get = promisify(
      this.#client.GetProperty.bind(this.#client, 0, this.#root, property, WINDOW_TYPE, 0),
    );
    const { data } = await this.#ask(get(1));
    return data.length >= 4 ? data.readUInt32LE(0) : undefined;
  }

  /** Publishes a window in a property of the root window, until {@link close}. */
  async announce(property: number, window: number): Promise<void> {
    this.#announced = property;
    const change = this.#client.ChangeProperty.bind(this.#client, 0, this.#root, property, WINDOW_TYPE, 32);
    await this.#ask(promisify(change)([window]));
  }

  /** Asks for the DestroyNotify of a window. Rejects when there is none. */
  async watch(window: number): Promise<void> {
    const change = this.#client.ChangeWindowAttributes.bind(this.#client, window);
    await this.#ask(promisify(change)({ eventMask: STRUCTURE_NOTIFY }));
  }

  /**
   * Sends ClientMessages of 20 bytes each, one after the other: the first of type `begin`, the rest of type `more`.
   * Resolves when they have left this process.
   */
  send(to: number, from: number, types: X11MessageTypes, chunks: readonly Uint8Array[]): Promise<void> {
    for (const [index, data] of chunks.entries()) {
      this.#client.SendEvent(to, 0, 0, {
        name: 'ClientMessage',
        format: BYTES,
        wid: from,
        message_type: index === 0 ? types.begin : types.more,
        data,
      });
    }
    this.#queued += chunks.length * EVENT_REQUEST_BYTES;
    return this.#flush();
  }

  /** Flushes the queued bytes, again and again until none are left: the package keeps what the socket does not take. */
  #flush(): Promise<void> {
    const upTo = this.#queued;
    this.#flushing ??= new Promise((resolve) => {
      const done = () => {
        this.#client.stream.off('close', done);
        this.#flushing = undefined;
        this.#flushed = upTo;
        if (this.#queued > upTo && !this.#client.stream.destroyed) void this.#flush();
        resolve();
      };
      this.#client.stream.on('close', done);
      this.#client.flush(() => queueMicrotask(done));
    });
    return this.#flushing;
  }

  /** Deletes the announced property, then disconnects; the server removes the windows. */
  async close(): Promise<void> {
    const { stream } = this.#client;
    if (stream.destroyed) return;
    if (this.#announced !== undefined) {
      const take = promisify(this.#client.DeleteProperty.bind(this.#client, this.#root));
      // The property need not be deleted on a server that is gone or hangs.
      await this.#ask(take(this.#announced)).catch(() => stream.destroy());
      if (stream.destroyed) return;
    }
    const closed = new Promise<void>((resolve) => stream.once('close', resolve));
    stream.end();
    await this.#ask(closed).catch(() => stream.destroy());
  }

  /** Waits for an answer of the server. Rejects when the server closes the connection, or does not answer in time. */
  async #ask<T>(answer: Promise<T>): Promise<T> {
    const { stream } = this.#client;
    let stop = () => {};
    const gone = new Promise<never>((_resolve, reject) => {
      const onClose = () => reject(new Error('the X server closed the connection'));
      const cancel = this.#clock.timerAt(this.#clock.now() + ANSWER_MS, () => reject(new Error(SILENT)));
      stop = () => {
        cancel();
        stream.off('close', onClose);
      };
      stream.once('close', onClose);
      if (stream.destroyed) onClose();
    });
    try {
      return await Promise.race([answer, gone]);
    } finally {
      stop();
    }
  }
}
