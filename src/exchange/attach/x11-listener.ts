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
import { type Door, noRoom } from './door.js';
import { SharedSessions } from './shared-sessions.js';

/** Options of an endpoint that is served on X11. */
export interface X11ListenOptions extends AttachmentOptions {
  /** Address of the X server. Default: `DISPLAY`. */
  readonly display?: string;
}

/** The rules of {@link X11ListenOptions}. */
export const X11_LISTEN_RULES: Rules<X11ListenOptions> = { ...ATTACHMENT_RULES, display: words };

/**
 * Serves an endpoint on X11. The property `_SKYPE_INSTANCE` of the root window names a window. Clients send it
 * ClientMessages of 20 bytes that name their own window (captures of real clients). Each client window has one session.
 */
export class X11Listener {
  readonly #display: X11Display;
  readonly #door: Door;
  /** Window of the endpoint. */
  readonly #window: number;
  readonly #types: X11MessageTypes;
  readonly #sessions: SharedSessions<number, X11Assembler>;

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
    this.#window = display.createWindow();
    const connection = {
      ...({ name: 'X11', server: 'X server' } as const),
      unsentBytes: () => display.unsent,
      send: (window: number, line: string) => this.#send(window, line),
      opened: (window: number) => this.#opened(window),
    };
    this.#sessions = new SharedSessions(connection, endpoint, door, minReplyLatencyMs);
    display.listen({
      event: (event) => door.fence.run('X11', () => this.#take(event)),
      // X errors about closed windows are ignored.
      error: () => undefined,
      closed: () => this.#sessions.lost(),
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
    if (this.#sessions.close()) await this.#display.close();
  }

  #take(event: X11Event): void {
    if (event.name === 'DestroyNotify') this.#sessions.gone(event.wid);
    if (event.name !== 'ClientMessage' || !event.data) return;
    const begins = event.message_type === this.#types.begin;
    if (!begins && event.message_type !== this.#types.more) return;
    const client = this.#sessions.clientOf(event.wid);
    if (!client) {
      if (begins && this.#display.unsent <= this.#door.limits.unsentBytes)
        this.#send(event.wid, noRoom(this.#door));
      return;
    }
    const line = client.own.push(begins, Uint8Array.from(event.data));
    if (line !== undefined) client.session.receive(line);
  }

  /** Makes what joins the messages of a new client, and notes when its window is gone. */
  #opened(window: number): X11Assembler {
    this.#display.watch(window).catch(() => this.#sessions.gone(window));
    return new X11Assembler({ maxMessageBytes: this.#door.limits.lineBytes });
  }

  /** Sends a message. All its pieces are sent in one turn, so that no other message is mixed in. */
  #send(window: number, line: string): void {
    void this.#display.send(window, this.#window, this.#types, x11Chunks(line));
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
