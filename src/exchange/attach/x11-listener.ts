import { JackfieldError, messageOf } from '../../errors.js';
import { X11Assembler, x11Chunks } from '../../protocol/x11-chunks.js';
import type { Endpoint } from '../api/endpoint.js';
import type { Session } from '../api/session.js';
import { type X11Event, X11Window } from './x11-window.js';

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
  readonly #window: X11Window;
  readonly #endpoint: Endpoint;
  readonly #clients = new Map<number, Client>();
  #begin = 0;
  #more = 0;

  private constructor(window: X11Window, endpoint: Endpoint) {
    this.#window = window;
    this.#endpoint = endpoint;
  }

  /** @throws ERR_PORT when there is no X server. */
  static async open(endpoint: Endpoint, options: X11ListenOptions = {}): Promise<X11Listener> {
    const display = options.display ?? process.env['DISPLAY'];
    if (display === undefined) throw unavailable('DISPLAY is not set');
    try {
      const listener = new X11Listener(await X11Window.open(display), endpoint);
      await listener.#serve();
      return listener;
    } catch (error) {
      throw unavailable(messageOf(error));
    }
  }

  async close(): Promise<void> {
    for (const { session } of this.#clients.values()) session.disconnect();
    await this.#window.close();
  }

  async #serve(): Promise<void> {
    const window = this.#window;
    [this.#begin, this.#more] = await Promise.all([
      window.atom('SKYPECONTROLAPI_MESSAGE_BEGIN'),
      window.atom('SKYPECONTROLAPI_MESSAGE'),
    ]);
    window.listen((event) => this.#take(event));
    await window.announce(await window.atom('_SKYPE_INSTANCE'));
  }

  #take(event: X11Event): void {
    if (event.name === 'DestroyNotify') this.#gone(event.wid);
    if (event.name !== 'ClientMessage' || !event.data) return;
    if (event.message_type !== this.#begin && event.message_type !== this.#more) return;
    const { session, assembler } = this.#clientOf(event.wid);
    const line = assembler.push(event.message_type === this.#begin, Uint8Array.from(event.data));
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
    this.#window.watch(window).catch(() => this.#gone(window));
    return client;
  }

  /** All pieces of a message go out in one turn, so that no other comes between them. */
  #deliver(window: number, line: string): void {
    if (this.#window.unsent > MAX_UNSENT_BYTES) {
      this.#gone(window);
      return;
    }
    for (const [index, chunk] of x11Chunks(line).entries()) {
      this.#window.send(window, index === 0 ? this.#begin : this.#more, chunk);
    }
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
