import { callback, checkOptions, type Rules, within } from '../../base/check.js';
import { abortedError, JackfieldError } from '../../base/errors.js';
import {
  type HiddenWindow,
  type WindowMessage,
  type WindowsDesktop,
  WM_COPYDATA,
} from '../../base/system/windows-desktop.js';
import { waitFor } from '../../base/wait.js';
import { WINDOWS_ATTACH, WINDOWS_NAMES } from '../../protocol/attach-names.js';
import { UnavailableError } from './link-errors.js';
import { LinkLifetime } from './link-lifetime.js';
import {
  checkOpening,
  type Link,
  type Transport,
  type TransportHandlers,
  type TransportWait,
} from './transport.js';

/** Time between two checks that the endpoint's window still exists: it can disappear without a message. */
const WATCH_MS = 1000;

/** Options of {@link WindowsTransport}. */
export interface WindowsTransportOptions {
  /** Time for an endpoint to answer the first message, in milliseconds: 1 to 3,600,000. Default 3000. */
  readonly discoverTimeoutMs?: number;
  /** The functions of Windows. Default: those of the package `koffi`, which must be installed beside this one. */
  readonly desktop?: () => Promise<WindowsDesktop>;
}

const RULES: Rules<WindowsTransportOptions> = {
  discoverTimeoutMs: within(1, 3_600_000, 'ms'),
  desktop: callback,
};

/** Attaches to an endpoint on Windows: finds it by registered window messages, and talks to it by WM_COPYDATA. */
export class WindowsTransport implements Transport {
  readonly name = 'window messages';
  readonly #discoverTimeoutMs: number;
  readonly #desktop: () => Promise<WindowsDesktop>;

  /** @throws ERR_INVALID_ARG */
  constructor(options: WindowsTransportOptions = {}) {
    checkOptions(options, RULES);
    const { discoverTimeoutMs = 3000 } = options;
    this.#discoverTimeoutMs = discoverTimeoutMs;
    this.#desktop = options.desktop ?? loadDesktop;
  }

  async open(handlers: TransportHandlers, options: TransportWait = {}): Promise<Link> {
    checkOpening(handlers, options);
    const { signal } = options;
    if (signal?.aborted) throw abortedError(this.name, signal);
    const desktop = await this.#desktop().catch((error: unknown) => {
      throw new UnavailableError(this.name, error, 'run on Windows, and install the package koffi');
    });
    const link = new WindowsLink(desktop, handlers);
    try {
      await this.#discover(link, handlers, signal);
      return link;
    } catch (error) {
      await link.close();
      throw error;
    }
  }

  #discover(link: WindowsLink, handlers: TransportHandlers, signal: AbortSignal | undefined): Promise<void> {
    return waitFor({
      what: this.name,
      signal,
      begin: (resolve, reject) => {
        const timer = setTimeout(
          () => reject(new UnavailableError(this.name, 'nobody answered', 'start one')),
          this.#discoverTimeoutMs,
        );
        link.discover({
          attached: () => resolve(),
          pending: () => {
            clearTimeout(timer);
            handlers.pending?.();
          },
          refused: () => reject(new JackfieldError('ERR_ATTACH_REFUSED', REFUSED)),
          notAvailable: () => reject(new UnavailableError(this.name, 'it is not ready', 'log in to Skype')),
        });
        return () => clearTimeout(timer);
      },
    });
  }
}

const REFUSED = 'The endpoint’s user does not let this program attach.';

async function loadDesktop(): Promise<WindowsDesktop> {
  const { koffiDesktop } = await import('../../base/system/koffi-desktop.js');
  return koffiDesktop();
}

/** Answers of an endpoint to the discovery message. */
interface Discovery {
  attached(): void;
  pending(): void;
  refused(): void;
  notAvailable(): void;
}

class WindowsLink implements Link {
  readonly multiline = true;
  readonly #desktop: WindowsDesktop;
  readonly #window: HiddenWindow;
  readonly #messages: { readonly discover: number; readonly attach: number };
  readonly #handlers: TransportHandlers;
  #discovery: Discovery | undefined;
  #endpoint = 0;
  #lifetime: LinkLifetime | undefined;
  #watch: NodeJS.Timeout | undefined;

  constructor(desktop: WindowsDesktop, handlers: TransportHandlers) {
    this.#desktop = desktop;
    this.#handlers = handlers;
    this.#messages = {
      discover: desktop.registerMessage(WINDOWS_NAMES.discover),
      attach: desktop.registerMessage(WINDOWS_NAMES.attach),
    };
    this.#window = desktop.openWindow((message) => this.#take(message));
  }

  discover(discovery: Discovery): void {
    this.#discovery = discovery;
    this.#window.broadcast(this.#messages.discover, this.#window.handle);
  }

  async send(line: string): Promise<undefined> {
    this.#lifetime?.check();
    if (line.includes('\0')) {
      throw new JackfieldError(
        'ERR_LINE_BREAK',
        'The message contains NUL, which would end it: remove the NUL.',
      );
    }
    if (this.#window.sendData(this.#endpoint, Buffer.from(`${line}\0`))) return;
    this.#lose('it does not accept messages');
    this.#lifetime?.check();
  }

  async close(): Promise<void> {
    this.#lifetime?.close();
    this.#end();
  }

  #take({ message, wParam, lParam, data }: WindowMessage): number | undefined {
    if (message === this.#messages.attach) {
      this.#takeAttach(lParam, wParam);
      return 1;
    }
    if (message !== WM_COPYDATA || wParam !== this.#endpoint || !data) return undefined;
    const end = data.indexOf(0);
    const line = Buffer.from(end < 0 ? data : data.subarray(0, end)).toString('utf8');
    // The endpoint waits at most a second in its call, so it gets its answer before the message is handled.
    setImmediate(() => this.#lifetime?.line(line));
    return 1;
  }

  #takeAttach(status: number, endpoint: number): void {
    switch (status) {
      case WINDOWS_ATTACH.success:
        if (this.#lifetime) return;
        this.#endpoint = endpoint;
        this.#lifetime = new LinkLifetime(this.#handlers);
        this.#watch = setInterval(() => this.#look(), WATCH_MS);
        this.#discovery?.attached();
        return;
      case WINDOWS_ATTACH.pendingAuthorization:
        this.#discovery?.pending();
        return;
      case WINDOWS_ATTACH.refused:
        if (this.#lifetime) this.#lose('it revoked the permission');
        else this.#discovery?.refused();
        return;
      case WINDOWS_ATTACH.notAvailable:
        if (this.#lifetime) this.#lose('it is no longer available');
        else this.#discovery?.notAvailable();
        return;
      case WINDOWS_ATTACH.available:
        if (!this.#lifetime) this.#window.broadcast(this.#messages.discover, this.#window.handle);
        return;
    }
  }

  #look(): void {
    if (!this.#desktop.isWindow(this.#endpoint)) this.#lose('it closed its window');
  }

  #lose(why: string): void {
    this.#lifetime?.lose(why);
    this.#end();
  }

  #end(): void {
    clearInterval(this.#watch);
    this.#window.close();
  }
}
