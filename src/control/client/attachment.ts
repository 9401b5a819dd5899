import { abortedError, asError, JackfieldError } from '../../base/errors.js';
import { backOffMs } from '../../base/time/back-off.js';
import { sleep } from '../../base/time/clock.js';
import { TimeLimit } from '../../base/wait.js';
import type { EndpointMessage } from '../../protocol/message.js';
import type { Transport } from '../transport/transport.js';
import type { ClientSettings, ReattachOptions } from './attach-options.js';
import { type AttachState, checkAttachMove } from './attach-state.js';
import { EndpointSession, type TraceLine } from './endpoint-session.js';

/** Callbacks of the client of an attachment. */
export interface AttachmentHandlers {
  /** Like {@link SessionHandlers.message}, with the number of messages received. */
  message(message: EndpointMessage, heardAt: number, sentAfter: number | undefined): void;
  trace(line: TraceLine): void;
  state(state: AttachState): void;
  /** Called when the endpoint is back, before the state changes: asks for everything that may have changed. */
  revive(): Promise<void>;
}

/** A client's attachment to an endpoint: opens a session, and a new one after each outage. */
export class Attachment {
  readonly #transport: Transport;
  readonly #settings: ClientSettings;
  readonly #handlers: AttachmentHandlers;
  readonly #counter = { received: 0 };
  readonly #stop = new AbortController();
  #session: EndpointSession | undefined;
  #state: AttachState;

  constructor(transport: Transport, settings: ClientSettings, handlers: AttachmentHandlers) {
    this.#transport = transport;
    this.#settings = settings;
    this.#handlers = handlers;
    this.#state = { status: 'attaching', transport: transport.name };
  }

  get state(): AttachState {
    return this.#state;
  }

  /** Number of messages received from the endpoint. */
  get received(): number {
    return this.#counter.received;
  }

  /** The session that sends commands. @throws ERR_CLOSED, ERR_ATTACH_UNAVAILABLE, ERR_ATTACH_REFUSED */
  get session(): EndpointSession {
    if (this.#session) return this.#session;
    const state = this.#state;
    if (state.status === 'closed') throw state.error ?? new JackfieldError('ERR_CLOSED', CLOSED);
    const cause = state.status === 'unavailable' ? state.error : undefined;
    throw new JackfieldError(
      'ERR_ATTACH_UNAVAILABLE',
      `${this.#transport.name} is ${state.status}: wait for attached(), then send the command again.`,
      { cause },
    );
  }

  /** Attaches for the first time. @throws as {@link attach}. */
  async open(signal: AbortSignal | undefined): Promise<void> {
    try {
      await this.#attach(signal);
      this.#attached();
    } catch (error) {
      await this.#close(asError(error));
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#close(undefined);
  }

  /** Opens a session within `attachTimeoutMs`. */
  async #attach(signal: AbortSignal | undefined): Promise<void> {
    const { clock, attachTimeoutMs } = this.#settings;
    const stop = signal ? AbortSignal.any([this.#stop.signal, signal]) : this.#stop.signal;
    using limit = new TimeLimit(clock, { timeoutMs: attachTimeoutMs, signal: stop });
    let session: EndpointSession | undefined;
    try {
      session = await EndpointSession.open(
        this.#transport,
        this.#settings,
        {
          counter: this.#counter,
          message: (message, sentAfter) => this.#handlers.message(message, this.received, sentAfter),
          trace: (line) => this.#handlers.trace(line),
          pending: () => this.#asked(),
          // A link that came too late for its attempt is not part of the next one.
          closed: (error) => session === this.#session && this.#lost(error),
        },
        limit.signal,
      );
      if (session.over)
        throw new JackfieldError('ERR_CLOSED', `${this.#transport.name} closed the connection at once.`);
      this.#session = session;
    } catch (error) {
      if (signal?.aborted) throw abortedError(`the attachment to ${this.#transport.name}`, signal);
      if (!limit.passed) throw error;
      const message = `${this.#transport.name} did not complete the attachment in ${attachTimeoutMs} ms.`;
      throw new JackfieldError('ERR_TIMEOUT', message, { cause: error });
    }
  }

  /** Sets the state to pending. An endpoint can report more than once that it asks its user. */
  #asked(): void {
    const { status } = this.#state;
    if (status === 'attaching')
      this.#move({ status: 'pending-authorization', transport: this.#transport.name });
  }

  #attached(): void {
    const { protocol } = this.session;
    this.#move({ status: 'attached', transport: this.#transport.name, protocol });
  }

  #lost(error: Error | undefined): void {
    this.#session = undefined;
    // While a session is being opened, the code that opens it handles this.
    if (this.#state.status !== 'attached') return;
    const why = error ?? new JackfieldError('ERR_CLOSED', CLOSED);
    const { reattach } = this.#settings;
    if (reattach) void this.#reattach(why, reattach);
    else void this.#close(why);
  }

  async #reattach(lost: Error, options: Required<ReattachOptions>): Promise<void> {
    const { clock } = this.#settings;
    const giveUpAt = clock.now() + options.giveUpAfterMs;
    let error = lost;
    const pauses = { firstMs: options.firstDelayMs, longestMs: options.maxDelayMs };
    for (let failures = 1; ; failures++) {
      const retryInMs = backOffMs(failures, pauses);
      this.#move({ status: 'unavailable', error, retryInMs });
      try {
        await sleep(clock, retryInMs, { signal: this.#stop.signal });
        this.#move({ status: 'attaching', transport: this.#transport.name });
        await this.#attach(undefined);
        await this.#handlers.revive();
        return this.#attached();
      } catch (failure) {
        if (this.#state.status === 'closed') return;
        error = asError(failure);
        await this.#session?.close();
      }
      const refused = error instanceof JackfieldError && error.code === 'ERR_ATTACH_REFUSED';
      if (refused || clock.now() >= giveUpAt) return await this.#close(error);
    }
  }

  async #close(error: Error | undefined): Promise<void> {
    if (this.#state.status === 'closed') return;
    const session = this.#session;
    this.#move({ status: 'closed', error });
    this.#stop.abort();
    this.#session = undefined;
    await session?.close();
  }

  #move(state: AttachState): void {
    checkAttachMove(this.#state.status, state.status);
    this.#state = state;
    this.#handlers.state(state);
  }
}

const CLOSED = 'This client is closed: attach again.';
