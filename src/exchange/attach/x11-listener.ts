import { type Rules, words } from '../../base/check.js';
import { JackfieldError, messageOf } from '../../base/errors.js';
import { Opening } from '../../base/opening.js';
import { X11Display, type X11Event, type X11MessageTypes } from '../../base/system/x11.js';
import { X11_NAMES } from '../../protocol/attach-names.js';
import { X11Assembler, x11Chunks } from '../../protocol/x11-chunks.js';
import {
  ATTACHMENT_RULES,
  type AttachmentOptions,
  DESKTOP_REPLY_LATENCY_MS,
  type Endpoint,
} from '../api/endpoint.js';
import type { Session } from '../api/session.js';
import { type Door, noRoom, notRead } from './door.js';

/** Options of an endpoint that is served on X11. */
export interface X11ListenOptions extends AttachmentOptions {
  /** Address of the X server. Default: `DISPLAY`. */
  readonly display?: string;
}

/** The rules of {@link X11ListenOptions}. */
export const X11_LISTEN_RULES: Rules<X11ListenOptions> = { ...ATTACHMENT_RULES, display: words };

interface X11Client {
  readonly session: Session;
  readonly assembler: X11Assembler;
}

/**
 * Serves an endpoint on X11. The property `_SKYPE_INSTANCE` of the root window names a window. Clients send it
 * ClientMessages of 20 bytes that name their own window (captures of real clients). Each client window has one session.
 */
export class X11Listener {
  readonly #display: X11Display;
  readonly #endpoint: Endpoint;
  readonly #door: Door;
  /** Window of the endpoint. */
  readonly #window: number;
  readonly #types: X11MessageTypes;
  readonly #minReplyLatencyMs: number;
  readonly #clients = new Map<number, X11Client>();
  #open = true;

  private constructor(
    display: X11Display,
    types: X11MessageTypes,
    endpoint: Endpoint,
    minReplyLatencyMs: number,
    door: Door,
  ) {
    this.#door = door;
    this.#display = display;
    this.#types = types;
    this.#endpoint = endpoint;
    this.#minReplyLatencyMs = minReplyLatencyMs;
    this.#window = display.createWindow();
    display.listen({
      event: (event) => door.fence.run('X11', () => this.#take(event)),
      // X errors about closed windows are ignored.
      error: () => undefined,
      closed: () => this.#lost(),
    });
  }

  /**
   * Connects to the X server. If it goes away, that is reported as a failure and all sessions end.
   *
   * @throws ERR_PORT when there is no X server.
   */
  static async open(endpoint: Endpoint, options: X11ListenOptions, door: Door): Promise<X11Listener> {
    const { minReplyLatencyMs = DESKTOP_REPLY_LATENCY_MS } = options;
    const name = options.display ?? process.env['DISPLAY'];
    if (name === undefined) throw unavailable('DISPLAY is not set');
    try {
      await using opening = new Opening();
      const display = opening.add(await X11Display.open(name), (it) => it.close());
      const [begin, more] = await Promise.all([display.atom(X11_NAMES.begin), display.atom(X11_NAMES.more)]);
      const instance = await display.atom(X11_NAMES.instance);
      if (await isServed(display, instance)) throw new Error(`another program is ${X11_NAMES.instance}`);
      const listener = new X11Listener(display, { begin, more }, endpoint, minReplyLatencyMs, door);
      await display.announce(instance, listener.#window);
      return opening.done(listener);
    } catch (error) {
      throw unavailable(messageOf(error));
    }
  }

  async close(): Promise<void> {
    if (!this.#open) return;
    this.#dropAll();
    await this.#display.close();
  }

  #lost(): void {
    if (!this.#open) return;
    this.#dropAll();
    const why = 'The connection to the X server was lost: the endpoint is no longer served on X11.';
    this.#door.fence.tell(new JackfieldError('ERR_PORT', why), 'X11');
  }

  #dropAll(): void {
    this.#open = false;
    for (const { session } of this.#clients.values()) session.disconnect();
    this.#clients.clear();
  }

  #take(event: X11Event): void {
    if (event.name === 'DestroyNotify') this.#gone(event.wid);
    if (event.name !== 'ClientMessage' || !event.data) return;
    const begins = event.message_type === this.#types.begin;
    if (!begins && event.message_type !== this.#types.more) return;
    const client = this.#clientOf(event.wid);
    if (!client) {
      if (begins && this.#display.unsent <= this.#door.limits.unsentBytes)
        this.#send(event.wid, noRoom(this.#door));
      return;
    }
    const line = client.assembler.push(begins, Uint8Array.from(event.data));
    if (line !== undefined) client.session.receive(line);
  }

  /** Gives the client of a window, and adds it if needed; undefined when the limit of clients is reached. */
  #clientOf(window: number): X11Client | undefined {
    const known = this.#clients.get(window);
    if (known || this.#door.full()) return known;
    const session = this.#endpoint.connect(
      {
        multiline: true,
        deliver: (line) => this.#deliver(window, line),
        closed: () => this.#clients.delete(window),
      },
      { minReplyLatencyMs: this.#minReplyLatencyMs },
    );
    const client = { session, assembler: new X11Assembler({ maxMessageBytes: this.#door.limits.lineBytes }) };
    this.#clients.set(window, client);
    this.#display.watch(window).catch(() => this.#gone(window));
    return client;
  }

  #deliver(window: number, line: string): void {
    if (this.#display.unsent <= this.#door.limits.unsentBytes) {
      this.#send(window, line);
      return;
    }
    this.#door.fence.tell(notRead(this.#door, 'X11'), 'X11');
    this.#gone(window);
  }

  /** Sends a message. All its pieces are sent in one turn, so that no other message is mixed in. */
  #send(window: number, line: string): void {
    void this.#display.send(window, this.#window, this.#types, x11Chunks(line));
  }

  #gone(window: number): void {
    this.#clients.get(window)?.session.disconnect();
    this.#clients.delete(window);
  }
}

/** True when the root window names an existing window. A killed program leaves the name of a window that is gone. */
async function isServed(display: X11Display, instance: number): Promise<boolean> {
  const window = await display.namedWindow(instance);
  if (window === undefined) return false;
  return display.watch(window).then(
    () => true,
    () => false,
  );
}

function unavailable(why: string): JackfieldError {
  return new JackfieldError(
    'ERR_PORT',
    `The endpoint cannot be served on X11: ${why}. Start an X server, or give its display.`,
  );
}
