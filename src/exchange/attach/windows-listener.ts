import { callback, type Rules } from '../../base/check.js';
import { JackfieldError, messageOf } from '../../base/errors.js';
import {
  type ServingDesktop,
  type ServingWindow,
  type WindowMessage,
  WM_COPYDATA,
} from '../../base/system/windows-desktop.js';
import { type CancelTimer, sleep } from '../../base/time/clock.js';
import { WINDOWS_ATTACH, WINDOWS_NAMES } from '../../protocol/attach-names.js';
import {
  ATTACHMENT_RULES,
  type AttachmentOptions,
  DESKTOP_REPLY_LATENCY_MS,
  type Endpoint,
} from '../api/endpoint.js';
import { type Door, notRead, tooLong } from './door.js';
import { WindowsClient } from './windows-client.js';

/** Time that a client has to take a message, in milliseconds (reference, "Windows"). */
const TIME_LIMIT_MS = 1000;
/** The same when the registry removes the limit, for programs in a debugger. */
const NO_TIME_LIMIT_MS = 10 * 60_000;
/** Timeout of the search for another endpoint, in milliseconds. */
const PROBE_MS = 250;
/**
 * Time between two checks that the clients' windows still exist, in milliseconds. A window can close without a message.
 */
const WATCH_MS = 1000;
/** Time that clients have to take waiting messages when the endpoint closes, in milliseconds. */
const CLOSE_MS = 1000;

/** Options of an endpoint that is served by window messages. */
export interface WindowsListenOptions extends AttachmentOptions {
  /** Gives access to the Windows API. Default: through the package `koffi`, which must be installed as well. */
  readonly desktop?: () => Promise<ServingDesktop>;
}

/** The rules of {@link WindowsListenOptions}. */
export const WINDOWS_LISTEN_RULES: Rules<WindowsListenOptions> = { ...ATTACHMENT_RULES, desktop: callback };

/**
 * Serves an endpoint on Windows as Skype did (reference, "Windows"). A client broadcasts `SkypeControlAPIDiscover` and
 * gets the answer `SkypeControlAPIAttach`; texts are sent by WM_COPYDATA. Each window has one session. A program is
 * authorised when it sends the broadcast, by the name of its file; its NAME does not ask again.
 */
export class WindowsListener {
  readonly #desktop: ServingDesktop;
  readonly #endpoint: Endpoint;
  readonly #door: Door;
  readonly #minReplyLatencyMs: number;
  readonly #window: ServingWindow;
  readonly #messages: { readonly discover: number; readonly attach: number };
  readonly #clients = new Map<number, WindowsClient>();
  /** Windows of programs whose authorisation is pending. */
  readonly #asked = new Set<number>();
  #open = true;
  #othersFound = false;
  #turnedAway = false;
  #cancelWatch: CancelTimer = () => undefined;

  private constructor(desktop: ServingDesktop, endpoint: Endpoint, minReplyLatencyMs: number, door: Door) {
    this.#desktop = desktop;
    this.#endpoint = endpoint;
    this.#door = door;
    this.#minReplyLatencyMs = minReplyLatencyMs;
    this.#messages = {
      discover: desktop.registerMessage(WINDOWS_NAMES.discover),
      attach: desktop.registerMessage(WINDOWS_NAMES.attach),
    };
    this.#window = desktop.openWindow((message) => this.#take(message));
  }

  /**
   * Starts serving, and informs waiting clients that there is an endpoint.
   *
   * @throws ERR_PORT when this is not Windows, koffi is missing, or another program serves there.
   */
  static async open(endpoint: Endpoint, options: WindowsListenOptions, door: Door): Promise<WindowsListener> {
    const { minReplyLatencyMs = DESKTOP_REPLY_LATENCY_MS, desktop: load = loadDesktop } = options;
    try {
      const listener = new WindowsListener(await load(), endpoint, minReplyLatencyMs, door);
      await listener.#begin();
      return listener;
    } catch (error) {
      throw unavailable(messageOf(error));
    }
  }

  /** Lets clients take their waiting messages, informs them that the endpoint closes, and stops. */
  async close(): Promise<void> {
    if (!this.#open) return;
    const clients = [...this.#clients.values()];
    for (const { session } of clients) session?.end();
    this.#open = false;
    this.#cancelWatch();
    const stop = new AbortController();
    const sent = Promise.all(clients.map((client) => client.sent()));
    const tooLong = sleep(this.#door.clock, CLOSE_MS, { signal: stop.signal }).catch(() => undefined);
    await Promise.race([sent, tooLong]);
    stop.abort();
    this.#window.close();
  }

  async #begin(): Promise<void> {
    this.#window.broadcast(this.#messages.discover, this.#window.handle);
    await sleep(this.#door.clock, PROBE_MS);
    if (this.#othersFound) {
      this.#window.close();
      throw new Error('another program answers to SkypeControlAPIDiscover');
    }
    this.#tellAvailable();
    this.#endpoint.user.onArrival(() => this.#tellAvailable());
    this.#watch();
  }

  #tellAvailable(): void {
    if (!this.#open) return;
    this.#turnedAway = false;
    this.#window.broadcast(this.#messages.attach, this.#window.handle, WINDOWS_ATTACH.available);
  }

  #take({ message, wParam, lParam, data }: WindowMessage): number | undefined {
    const own = this.#window.handle;
    if (message === this.#messages.discover && wParam !== own) {
      this.#door.fence.run('Windows', () => this.#discovered(wParam));
      return 1;
    }
    if (message === this.#messages.attach && wParam !== own) {
      this.#othersFound ||= lParam !== WINDOWS_ATTACH.available;
      return 1;
    }
    const client = message === WM_COPYDATA && data ? this.#clients.get(wParam) : undefined;
    if (!client || !data) return undefined;
    // The client is blocked in SendMessage. It is answered after that returns.
    setImmediate(() => this.#door.fence.run('Windows', () => this.#receive(client, data)));
    return 1;
  }

  #receive(client: WindowsClient, data: Uint8Array): void {
    const end = data.indexOf(0);
    const text = end < 0 ? data : data.subarray(0, end);
    if (text.length > this.#door.limits.lineBytes) client.deliver(tooLong(this.#door));
    else client.session?.receive(Buffer.from(text).toString('utf8'));
  }

  #discovered(window: number): void {
    if (this.#clients.has(window)) this.#answer(window, 'success');
    else if (this.#asked.has(window)) this.#answer(window, 'pendingAuthorization');
    else if (this.#endpoint.user.parameters.get('USERSTATUS') === 'LOGGEDOUT') {
      this.#answer(window, 'notAvailable');
    } else if (this.#door.full()) {
      this.#turnedAway = true;
      this.#answer(window, 'notAvailable');
    } else this.#ask(window);
  }

  #ask(window: number): void {
    const allowed = this.#allows(window);
    if (!(allowed instanceof Promise)) {
      this.#decided(window, allowed);
      return;
    }
    this.#asked.add(window);
    this.#answer(window, 'pendingAuthorization');
    const failed = (error: unknown) => {
      this.#door.fence.tell(error, 'Windows');
      return false;
    };
    void allowed.catch(failed).then((is) => {
      this.#asked.delete(window);
      this.#door.fence.run('Windows', () => this.#decided(window, is));
    });
  }

  /** Asks if a program may attach. It is refused when too many decisions are pending. */
  #allows(window: number): boolean | Promise<boolean> {
    try {
      return this.#endpoint.allows(this.#desktop.programOf(window));
    } catch (error) {
      this.#door.fence.tell(error, 'Windows');
      return false;
    }
  }

  #decided(window: number, allowed: boolean): void {
    if (!this.#open || !this.#desktop.isWindow(window)) return;
    if (allowed) this.#connect(window);
    this.#answer(window, allowed ? 'success' : 'refused');
  }

  #connect(window: number): void {
    const { settings, noTimeLimit } = WINDOWS_NAMES;
    const isUnlimited = this.#desktop.registryNumber(settings, noTimeLimit) === 1;
    const timeLimitMs = isUnlimited ? NO_TIME_LIMIT_MS : TIME_LIMIT_MS;
    const client = new WindowsClient({
      unsentBytes: this.#door.limits.unsentBytes,
      deliver: (packet) => this.#window.deliver(window, packet, timeLimitMs),
      lost: (why) => {
        const late = new JackfieldError('ERR_TIMEOUT', NOT_TAKEN);
        const failure = why === 'does not read' ? notRead(this.#door, 'Windows') : late;
        // A client that has closed its window in the meantime is not a failure.
        if (this.#desktop.isWindow(window)) this.#door.fence.tell(failure, 'Windows');
        this.#gone(window);
      },
    });
    client.session = this.#endpoint.connect(
      {
        multiline: true,
        allowed: true,
        deliver: (line) => client.deliver(line),
        closed: () => this.#ended(window, client),
      },
      { minReplyLatencyMs: this.#minReplyLatencyMs },
    );
    this.#clients.set(window, client);
  }

  /** Handles a session that the endpoint has ended. The client is informed after its waiting messages. */
  #ended(window: number, client: WindowsClient): void {
    this.#clients.delete(window);
    void client.sent().then(() => this.#answer(window, 'notAvailable'));
  }

  #answer(window: number, status: keyof typeof WINDOWS_ATTACH): void {
    this.#window.post(window, this.#messages.attach, this.#window.handle, WINDOWS_ATTACH[status]);
  }

  #watch(): void {
    const { clock } = this.#door;
    this.#cancelWatch = clock.timerAt(clock.now() + WATCH_MS, () => {
      for (const window of this.#clients.keys()) if (!this.#desktop.isWindow(window)) this.#gone(window);
      this.#watch();
    });
  }

  #gone(window: number): void {
    const client = this.#clients.get(window);
    this.#clients.delete(window);
    client?.drop();
    client?.session?.disconnect();
    if (this.#turnedAway && !this.#door.full()) this.#tellAvailable();
  }
}

const NOT_TAKEN =
  'A client on Windows did not accept a message within one second, or answered it with 0. APITimeoutDisabled in the ' +
  'registry removes this limit.';

async function loadDesktop(): Promise<ServingDesktop> {
  const { koffiDesktop } = await import('../../base/system/koffi-desktop.js');
  return koffiDesktop();
}

function unavailable(why: string): JackfieldError {
  return new JackfieldError(
    'ERR_PORT',
    `The endpoint cannot be served by window messages: ${why}. This works on Windows, with the package koffi installed.`,
  );
}
