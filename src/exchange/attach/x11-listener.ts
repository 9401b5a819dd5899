import { JackfieldError, messageOf } from '../../errors.js';
import { X11_NAMES } from '../../protocol/attach-names.js';
import { X11Assembler, x11Chunks } from '../../protocol/x11-chunks.js';
import { X11Display, type X11Event, type X11MessageTypes } from '../../x11.js';
import type { Endpoint } from '../api/endpoint.js';
import type { Session } from '../api/session.js';

/** Some clients lose a race with an answer that comes at once. */
const MIN_REPLY_LATENCY_MS = 5;
/** An X server that takes this much less than it is given has stalled. */
const MAX_UNSENT_BYTES = 16 * 1024 * 1024;

/** Where an X server is. */
export interface X11ListenOptions {
  /** Default: `DISPLAY`. */
  readonly display?: string;
}

interface Client {
  readonly session: Session;
  readonly assembler: X11Assembler;
}

/**
 * Serves an endpoint on X11: the root window's property `_SKYPE_INSTANCE` names a window, to which clients send
 * ClientMessages of 20 bytes that name their own (captures of real clients). One session for each of those.
 */
export class X11Listener {
  readonly #display: X11Display;
  readonly #endpoint: Endpoint;
  /** The endpoint's own. */
  readonly #window: number;
  readonly #types: X11MessageTypes;
  readonly #clients = new Map<number, Client>();

  private constructor(display: X11Display, types: X11MessageTypes, endpoint: Endpoint) {
    this.#display = display;
    this.#types = types;
    this.#endpoint = endpoint;
    this.#window = display.createWindow();
    display.listen({
      event: (event) => this.#take(event),
      // What the server says of windows that are gone is of no interest.
      error: () => undefined,
      closed: () => undefined,
    });
  }

  /** @throws ERR_PORT when there is no X server. */
  static async open(endpoint: Endpoint, options: X11ListenOptions = {}): Promise<X11Listener> {
    const name = options.display ?? process.env['DISPLAY'];
    if (name === undefined) throw unavailable('DISPLAY is not set');
    try {
      const display = await X11Display.open(name);
      const [begin, more] = await Promise.all([display.atom(X11_NAMES.begin), display.atom(X11_NAMES.more)]);
      const listener = new X11Listener(display, { begin, more }, endpoint);
      await display.announce(await display.atom(X11_NAMES.instance), listener.#window);
      return listener;
    } catch (error) {
      throw unavailable(messageOf(error));
    }
  }

  async close(): Promise<void> {
    for (const { session } of this.#clients.values()) session.disconnect();
    await this.#display.close();
  }

  #take(event: X11Event): void {
    if (event.name === 'DestroyNotify') this.#gone(event.wid);
    if (event.name !== 'ClientMessage' || !event.data) return;
    const begins = event.message_type === this.#types.begin;
    if (!begins && event.message_type !== this.#types.more) return;
    const { session, assembler } = this.#clientOf(event.wid);
    const line = assembler.push(begins, Uint8Array.from(event.data));
    if (line !== undefined) session.receive(line);
  }

  #clientOf(window: number): Client {
    const known = this.#clients.get(window);
    if (known) return known;
    const session = this.#endpoint.connect(
      { deliver: (line) => this.#deliver(window, line), closed: () => this.#clients.delete(window) },
      { minReplyLatencyMs: MIN_REPLY_LATENCY_MS },
    );
    const client = { session, assembler: new X11Assembler() };
    this.#clients.set(window, client);
    this.#display.watch(window).catch(() => this.#gone(window));
    return client;
  }

  /** All pieces of a message go out in one turn, so that no other comes between them. */
  #deliver(window: number, line: string): void {
    if (this.#display.unsent > MAX_UNSENT_BYTES) {
      this.#gone(window);
      return;
    }
    void this.#display.send(window, this.#window, this.#types, x11Chunks(line));
  }

  #gone(window: number): void {
    this.#clients.get(window)?.session.disconnect();
    this.#clients.delete(window);
  }
}

function unavailable(why: string): JackfieldError {
  return new JackfieldError(
    'ERR_PORT',
    `The endpoint cannot be served on X11: ${why}. Start an X server, or give its display.`,
  );
}
