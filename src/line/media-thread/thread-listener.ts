import { asError, JackfieldError } from '../../base/errors.js';
import { type BackOff, backOffMs } from '../../base/time/back-off.js';
import { type Clock, sleep } from '../../base/time/clock.js';
import type { ListenerSpec, Listening, OnConnection } from '../media/open-listener.js';
import { MediaThread } from './media-thread.js';

/** Owner of a {@link ThreadListener}. */
export interface ThreadListenerOwner {
  readonly connection: OnConnection;
  /**
   * The thread has ended, or another one could not listen in its place. Further attempts are not told until one
   * succeeds, with an error that says so.
   */
  failed(error: Error): void;
}

const RETRY: BackOff = { firstMs: 1000, longestMs: 60_000 };

/**
 * Port that a thread listens on. When the thread has ended by itself, another one takes its place. While that cannot
 * listen, it is tried again.
 */
export class ThreadListener implements Listening {
  readonly #spec: ListenerSpec;
  readonly #clock: Clock;
  readonly #owner: ThreadListenerOwner;
  readonly #closing = new AbortController();
  #port: number;
  #thread: MediaThread | undefined;
  #starting: Promise<void> | undefined;

  private constructor(spec: ListenerSpec, clock: Clock, owner: ThreadListenerOwner) {
    this.#spec = spec;
    this.#clock = clock;
    this.#owner = owner;
    this.#port = spec.port;
  }

  /** @throws ERR_PORT when it cannot listen; ERR_INVALID_ARG for a value that is not a key or certificate. */
  static async open(spec: ListenerSpec, clock: Clock, owner: ThreadListenerOwner): Promise<ThreadListener> {
    const listener = new ThreadListener(spec, clock, owner);
    await listener.#start();
    return listener;
  }

  get port(): number {
    return this.#port;
  }

  async #start(): Promise<void> {
    let isOpen = false;
    const thread = new MediaThread(this.#spec, {
      connection: this.#owner.connection,
      lost: (error) => {
        this.#thread = undefined;
        // Before it was open, whoever opens it is told.
        if (!isOpen) return;
        this.#owner.failed(error);
        if (!this.#closing.signal.aborted) this.#starting = this.#restart().catch(() => undefined);
      },
    });
    try {
      this.#port = await thread.open({ ...this.#spec, port: this.#port });
      isOpen = true;
      this.#thread = thread;
    } catch (error) {
      await thread.close();
      throw error;
    }
  }

  /** Listens again. @throws ERR_ABORTED when this is closed meanwhile. */
  async #restart(): Promise<void> {
    const { signal } = this.#closing;
    for (let failures = 0; !signal.aborted; ) {
      try {
        await this.#start();
        if (failures > 0) this.#owner.failed(recovered(this.#port, failures));
        return;
      } catch (cause) {
        failures++;
        if (failures === 1) this.#owner.failed(asError(cause));
      }
      await sleep(this.#clock, backOffMs(failures, RETRY), { signal });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#starting;
    await this.#thread?.close();
  }
}

function recovered(port: number, failures: number): JackfieldError {
  const attempts = failures === 1 ? 'an attempt' : `${failures} attempts`;
  return new JackfieldError('ERR_PORT', `Port ${port} listens again, after ${attempts} that failed.`);
}
