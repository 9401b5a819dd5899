import { checkOptions, type Rules, rule } from '../../base/check.js';
import { abortedError } from '../../base/errors.js';
import { X11Display, type X11Event, type X11MessageTypes } from '../../base/system/x11.js';
import { X11_NAMES } from '../../protocol/attach-names.js';
import { X11Assembler, x11Chunks } from '../../protocol/x11-chunks.js';
import { UnavailableError } from './link-errors.js';
import { LinkLifetime } from './link-lifetime.js';
import {
  checkOpening,
  type Link,
  type Transport,
  type TransportHandlers,
  type TransportWait,
} from './transport.js';

/** Options of {@link X11Transport}. */
export interface X11TransportOptions {
  /** Such as `:0`. Default: DISPLAY of the environment. */
  readonly display?: string;
}

const RULES: Rules<X11TransportOptions> = {
  display: rule(
    'a display such as ":0"',
    (value) => typeof value === 'string' && /:\d+(\.\d+)?$/.test(value),
  ),
};

/** Attaches over X11: messages travel between windows as ClientMessage events of 20 bytes. */
export class X11Transport implements Transport {
  readonly name: string;
  readonly #display: string | undefined;

  /** @throws ERR_INVALID_ARG */
  constructor(options: X11TransportOptions = {}) {
    checkOptions(options, RULES);
    this.#display = options.display ?? process.env['DISPLAY'];
    this.name = `X11 (${this.#display ?? 'no display'})`;
  }

  async open(handlers: TransportHandlers, options: TransportWait = {}): Promise<Link> {
    checkOpening(handlers, options);
    const { signal } = options;
    if (signal?.aborted) throw abortedError(this.name, signal);
    if (!this.#display) {
      throw new UnavailableError(
        this.name,
        'DISPLAY is not set',
        'run inside a desktop session, or give a display',
      );
    }
    const display = await X11Display.open(this.#display).catch((error: unknown) => {
      throw new UnavailableError(this.name, error, 'check that the X server is running and accepts you');
    });
    try {
      const link = await X11Link.open(display, handlers);
      signal?.throwIfAborted();
      return link;
    } catch (error) {
      await display.close();
      if (signal?.aborted) throw abortedError(this.name, signal);
      throw new UnavailableError(this.name, error, 'start an endpoint on this display');
    }
  }
}

/** The windows and atoms of one conversation. */
interface Parties extends X11MessageTypes {
  readonly endpoint: number;
  readonly own: number;
}

class X11Link implements Link {
  readonly multiline = true;
  readonly #display: X11Display;
  readonly #parties: Parties;
  readonly #lifetime: LinkLifetime;
  readonly #assembler = new X11Assembler();

  private constructor(display: X11Display, parties: Parties, handlers: TransportHandlers) {
    this.#display = display;
    this.#parties = parties;
    this.#lifetime = new LinkLifetime(handlers);
    const lose = (why: unknown) => this.#lose(why);
    display.listen({ event: (event) => this.#take(event), error: lose, closed: lose });
  }

  static async open(display: X11Display, handlers: TransportHandlers): Promise<X11Link> {
    const [instance, begin, more] = await Promise.all(
      [X11_NAMES.instance, X11_NAMES.begin, X11_NAMES.more].map((name) => display.atom(name)),
    );
    const endpoint = instance && (await display.namedWindow(instance));
    if (!endpoint || !begin || !more) throw new Error(`the root window has no ${X11_NAMES.instance}`);
    // The property outlives an endpoint that was killed. The endpoint's window does not, but the server may give its
    // number to a window of this program. So the check comes before this program makes its own window.
    await display.watch(endpoint).catch(() => {
      throw new Error(`the window in ${X11_NAMES.instance} no longer exists`);
    });
    return new X11Link(display, { endpoint, own: display.createWindow(), begin, more }, handlers);
  }

  async send(line: string): Promise<undefined> {
    this.#lifetime.check();
    const { endpoint, own } = this.#parties;
    await this.#display.send(endpoint, own, this.#parties, x11Chunks(line));
  }

  async close(): Promise<void> {
    if (this.#lifetime.close()) await this.#display.close();
  }

  #take(event: X11Event): void {
    if (event.name === 'DestroyNotify' && event.wid === this.#parties.endpoint) {
      this.#lose('it closed its window');
      return;
    }
    if (event.name !== 'ClientMessage' || event.wid !== this.#parties.endpoint || !event.data) return;
    const begin = event.message_type === this.#parties.begin;
    if (!begin && event.message_type !== this.#parties.more) return;
    const line = this.#assembler.push(begin, Uint8Array.from(event.data));
    if (line !== undefined) this.#lifetime.line(line);
  }

  #lose(why: unknown): void {
    this.#lifetime.lose(why);
    void this.#display.close();
  }
}
