import { asError } from '../../base/errors.js';
import type { ListenerSpec, Listening, OnConnection } from '../media/open-listener.js';
import { MediaThread } from './media-thread.js';

/** Owner of a {@link ThreadListener}. */
export interface ThreadListenerOwner {
  readonly connection: OnConnection;
  /** The thread has ended, or another one could not listen in its place. */
  failed(error: Error): void;
}

/** Port that a thread listens on. When the thread has ended by itself, another one takes its place. */
export class ThreadListener implements Listening {
  readonly #spec: ListenerSpec;
  readonly #owner: ThreadListenerOwner;
  #port: number;
  #thread: MediaThread | undefined;
  #starting: Promise<void> | undefined;
  #isClosed = false;

  private constructor(spec: ListenerSpec, owner: ThreadListenerOwner) {
    this.#spec = spec;
    this.#owner = owner;
    this.#port = spec.port;
  }

  /** @throws ERR_PORT when it cannot listen; ERR_INVALID_ARG for a value that is not a key or certificate. */
  static async open(spec: ListenerSpec, owner: ThreadListenerOwner): Promise<ThreadListener> {
    const listener = new ThreadListener(spec, owner);
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
        if (!this.#isClosed)
          this.#starting = this.#start().catch((cause) => this.#owner.failed(asError(cause)));
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

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    await this.#starting;
    await this.#thread?.close();
  }
}
