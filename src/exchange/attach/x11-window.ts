import type { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';

/** An event as the package `x11` decodes it. */
export interface X11Event {
  readonly name: string;
  /** The window that a ClientMessage names, or that a DestroyNotify tells of. */
  readonly wid: number;
  readonly message_type?: number;
  readonly data?: readonly number[];
}

type Answer<T> = (error: Error | null, result: T) => unknown;

/** What is used of a connection of the package `x11`, which has no types of its own. */
interface X11Client extends EventEmitter {
  atoms: Record<string, number>;
  readonly stream: EventEmitter & {
    readonly destroyed: boolean;
    readonly writableLength: number;
    end(): void;
  };
  AllocID(): number;
  CreateWindow(id: number, parent: number, x: number, y: number, width: number, height: number): void;
  DestroyWindow(id: number): void;
  ChangeWindowAttributes(window: number, values: { eventMask: number }, answer: Answer<void>): void;
  InternAtom(onlyIfExists: boolean, name: string, answer: Answer<number>): void;
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
  SendEvent(destination: number, propagate: 0, eventMask: 0, event: object): void;
}

interface X11Package {
  createClient(
    options: { display: string },
    opened: Answer<{ client: X11Client; screen: readonly { root: number }[] } | undefined>,
  ): EventEmitter;
}

/** Format of a ClientMessage whose data are bytes. */
const BYTES = 8;
/** Type of a property that holds windows. */
const WINDOW_TYPE = 33;
/** Event mask that tells of the end of a window. */
const STRUCTURE_NOTIFY = 1 << 17;

/** A window, never shown, that a property of the root window names and that messages are sent to. */
export class X11Window {
  readonly id: number;
  readonly #client: X11Client;
  readonly #root: number;
  #property: number | undefined;

  private constructor(client: X11Client, root: number) {
    this.#client = client;
    this.#root = root;
    // The package keeps the atoms of every server in one table for the whole process (x11 4.2.2); they differ
    // between servers, and when a server is reset.
    client.atoms = {};
    this.id = client.AllocID();
    client.CreateWindow(this.id, root, 0, 0, 1, 1);
  }

  /** @param display such as `:0`. Rejects with the package's own error. */
  static async open(display: string): Promise<X11Window> {
    const x11 = createRequire(import.meta.url)('x11') as X11Package;
    return await new Promise((resolve, reject) => {
      const connecting = x11.createClient({ display }, (error, opened) => {
        const root = opened?.screen[0]?.root;
        if (opened && root !== undefined) resolve(new X11Window(opened.client, root));
        else reject(error ?? new Error('the X server has no screen'));
      });
      connecting.on('error', reject);
    });
  }

  /** Bytes that wait to be sent. */
  get unsent(): number {
    return this.#client.stream.writableLength;
  }

  /** `event` gets every event. What the server says of windows that are gone is of no interest. */
  listen(event: (event: X11Event) => void): void {
    this.#client.on('event', event);
    this.#client.on('error', () => undefined);
  }

  atom(name: string): Promise<number> {
    return promisify(this.#client.InternAtom.bind(this.#client, false))(name);
  }

  /** Makes this window known by a property of the root window. */
  async announce(property: number): Promise<void> {
    this.#property = property;
    const change = this.#client.ChangeProperty.bind(this.#client, 0, this.#root, property, WINDOW_TYPE, 32);
    await promisify(change)([this.id]);
  }

  /** Asks for the DestroyNotify of a window. Rejects when there is none. */
  async watch(window: number): Promise<void> {
    const change = this.#client.ChangeWindowAttributes.bind(this.#client, window);
    await promisify(change)({ eventMask: STRUCTURE_NOTIFY });
  }

  /** Sends one ClientMessage of 20 bytes. */
  send(to: number, type: number, data: Uint8Array): void {
    this.#client.SendEvent(to, 0, 0, {
      name: 'ClientMessage',
      format: BYTES,
      wid: this.id,
      message_type: type,
      data,
    });
  }

  /** Takes the property and the window away, then hangs up. */
  async close(): Promise<void> {
    const { stream } = this.#client;
    if (stream.destroyed) return;
    if (this.#property !== undefined) {
      await promisify(this.#client.DeleteProperty.bind(this.#client, this.#root))(this.#property);
    }
    const closed = new Promise<void>((resolve) => stream.once('close', () => resolve()));
    stream.end();
    await closed;
  }
}
