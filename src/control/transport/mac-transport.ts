import { type ChildProcessByStdio, execFile, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { checkOptions, line, path, type Rules } from '../../base/check.js';
import { abortedError, messageOf } from '../../base/errors.js';
import { LineReader } from '../../base/line-reader.js';
import { waitFor } from '../../base/wait.js';
import { endpointGone, UnavailableError } from './link-errors.js';
import { LinkLifetime } from './link-lifetime.js';
import {
  IS_RUNNING,
  MAC_EVERYONE,
  MAC_KEYS,
  MAC_NOTIFICATIONS,
  OBSERVE,
  SEND_COMMAND,
} from './mac-scripts.js';
import {
  checkOpening,
  type Link,
  type Transport,
  type TransportHandlers,
  type TransportWait,
} from './transport.js';

const run = promisify(execFile);

/** Longest answer, in bytes. */
const MAX_ANSWER_BYTES = 1024 * 1024;

/** Options of {@link MacTransport}. */
export interface MacTransportOptions {
  /** The name under which commands are sent. Default `jackfield`. */
  readonly scriptName?: string;
  /** The program that runs scripts. Default `/usr/bin/osascript`. */
  readonly osascript?: string;
}

const RULES: Rules<MacTransportOptions> = { scriptName: line(1, 1000), osascript: path };

/**
 * Attaches to an endpoint on macOS. Each command is an AppleScript `send command`, and its result is the answer. One
 * long-running script forwards the endpoint's distributed notifications.
 */
export class MacTransport implements Transport {
  readonly name = 'AppleScript';
  readonly #options: Required<MacTransportOptions>;

  /** @throws ERR_INVALID_ARG */
  constructor(options: MacTransportOptions = {}) {
    checkOptions(options, RULES);
    const { scriptName = 'jackfield', osascript = '/usr/bin/osascript' } = options;
    this.#options = { scriptName, osascript };
  }

  async open(handlers: TransportHandlers, options: TransportWait = {}): Promise<Link> {
    checkOpening(handlers, options);
    const { signal } = options;
    if (signal?.aborted) throw abortedError(this.name, signal);
    const { osascript } = this.#options;
    const limits = signal ? { signal } : {};
    try {
      const { stdout } = await run(osascript, IS_RUNNING, limits);
      if (stdout.trim() !== 'true') throw new Error('it is not running');
      return await MacLink.open(this.#options, handlers, signal);
    } catch (error) {
      if (signal?.aborted) throw abortedError(this.name, signal);
      throw new UnavailableError(this.name, error, 'start Skype; this transport works only on macOS');
    }
  }
}

/** A line of the observing script. */
interface Observed {
  readonly name: string;
  readonly info: Readonly<Record<string, unknown>>;
}

/** Parses a line of the script. Anything else that `osascript` prints is ignored. */
function parseObserved(line: string): Observed | undefined {
  try {
    return JSON.parse(line) as Observed;
  } catch {
    return undefined;
  }
}

class MacLink implements Link {
  readonly multiline = true;
  readonly #options: Required<MacTransportOptions>;
  readonly #observer: ChildProcessByStdio<null, Readable, null>;
  readonly #lifetime: LinkLifetime;
  /** Settles when the newest command has its answer. One script runs at a time, which keeps commands in order. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(
    options: Required<MacTransportOptions>,
    observer: ChildProcessByStdio<null, Readable, null>,
    handlers: TransportHandlers,
  ) {
    this.#options = options;
    this.#observer = observer;
    this.#lifetime = new LinkLifetime(handlers, 'opening');
  }

  /** Resolves when the script listens to notifications. */
  static open(
    options: Required<MacTransportOptions>,
    handlers: TransportHandlers,
    signal: AbortSignal | undefined,
  ): Promise<MacLink> {
    const observer = spawn(options.osascript, [...OBSERVE, ...Object.values(MAC_NOTIFICATIONS)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const link = new MacLink(options, observer, handlers);
    return waitFor({
      what: 'notifications to be listened to',
      signal,
      begin: (resolve, reject) => {
        let ready = false;
        observer.on('error', reject);
        observer.on('exit', () => {
          reject(new Error('the script that listens to notifications ended'));
          link.#lose('the script that listens to its notifications ended');
        });
        new LineReader(observer.stdout).on('line', (line) => {
          const observed = parseObserved(line);
          if (observed?.name !== 'READY') {
            if (observed) link.#take(observed);
            return;
          }
          ready = true;
          try {
            link.#lifetime.opened();
            resolve(link);
          } catch (error) {
            reject(error);
          }
        });
        return () => ready || observer.kill();
      },
    });
  }

  send(line: string): Promise<string> {
    const answer = this.#last.then(() => this.#run(line));
    this.#last = answer.catch(() => undefined);
    return answer;
  }

  async close(): Promise<void> {
    if (this.#lifetime.close()) this.#observer.kill();
  }

  async #run(line: string): Promise<string> {
    this.#lifetime.check();
    const { osascript, scriptName } = this.#options;
    try {
      const { stdout } = await run(osascript, [...SEND_COMMAND, line, scriptName], {
        maxBuffer: MAX_ANSWER_BYTES,
      });
      return stdout.replace(/\n$/, '');
    } catch (error) {
      this.#lifetime.check();
      throw endpointGone(`it did not accept a command: ${messageOf(error)}`);
    }
  }

  #take({ name, info }: Observed): void {
    if (name === MAC_NOTIFICATIONS.willQuit) this.#lose('it quits');
    if (name !== MAC_NOTIFICATIONS.message) return;
    const text = info[MAC_KEYS.text];
    if (typeof text === 'string' && Number(info[MAC_KEYS.client]) === MAC_EVERYONE) this.#lifetime.line(text);
  }

  #lose(why: string): void {
    this.#lifetime.lose(why);
    this.#observer.kill();
  }
}
