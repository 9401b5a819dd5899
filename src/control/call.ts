import type { Clock } from '../clock.js';
import { abortedError, invalidArgument, JackfieldError } from '../errors.js';
import { type CallStatus, isTerminalCallStatus } from '../protocol/catalogue/call-status.js';
import { formatStreamTargets, type StreamTarget } from '../protocol/stream-target.js';
import type { CommandOptions, CommandSender } from './command-sender.js';

/** A status that a call took on. */
export interface CallState {
  /** As on the wire; a status that the reference does not list is kept. */
  readonly status: CallStatus | (string & Record<never, never>);
  /** When it was heard of, in milliseconds since the Unix epoch. */
  readonly atMs: number;
}

/** The redirectable streams of a call or voicemail (reference, "Voice Streams"). */
export type StreamName = 'INPUT' | 'OUTPUT' | 'CAPTURE_MIC';

interface Waiter {
  changed(): void;
  lost(error: Error): void;
}

/** The end of a call, where another state was waited for. */
export class CallEndedError extends JackfieldError {
  readonly status: string;
  /** 1 to 14 (reference, "Call failure reasons"), when the endpoint gave one. */
  readonly failureReason: number | undefined;

  constructor(id: number, status: string, waitedFor: string, failureReason: number | undefined) {
    const why = failureReason === undefined ? '' : ` (failure reason ${failureReason})`;
    super('ERR_CALL_ENDED', `Call ${id} ended as ${status}${why} before it was ${waitedFor}.`);
    this.status = status;
    this.failureReason = failureReason;
  }
}

/** A CALL object, kept up to date by the endpoint's notifications. Made by {@link Client.call}. */
export class Call {
  readonly id: number;
  readonly #sender: CommandSender;
  readonly #clock: Clock;
  readonly #states: CallState[] = [];
  readonly #properties = new Map<string, string>();
  readonly #waiters = new Set<Waiter>();
  #lost: Error | undefined;

  constructor(id: number, sender: CommandSender, clock: Clock) {
    this.id = id;
    this.#sender = sender;
    this.#clock = clock;
  }

  /** The newest status; UNPLACED until one was heard of. */
  get status(): CallState['status'] {
    return this.#states.at(-1)?.status ?? 'UNPLACED';
  }

  /** Every status so far, oldest first; one that is said twice stands once. */
  get history(): readonly CallState[] {
    return [...this.#states];
  }

  /** Whether the call is over, or can no longer be heard of. */
  get over(): boolean {
    return this.#lost !== undefined || isTerminalCallStatus(this.status);
  }

  /** What notifications and answers said of the call so far, by property, as on the wire. */
  get properties(): ReadonlyMap<string, string> {
    return this.#properties;
  }

  /** The properties and their values as on the wire; asks the endpoint for those that it has not told yet. */
  async fetch(names: readonly string[], options?: CommandOptions): Promise<Record<string, string>> {
    const missing = names.filter((name) => !this.#properties.has(name));
    await Promise.all(missing.map((name) => this.get(name, options)));
    return Object.fromEntries(names.map((name) => [name, this.#properties.get(name) ?? '']));
  }

  /** Asks the endpoint for one property. @throws ERR_API */
  async get(property: string, options?: CommandOptions): Promise<string> {
    await this.#sender.command({ kind: 'get', object: 'CALL', id: this.id, property, argument: '' }, options);
    return this.#properties.get(property) ?? '';
  }

  /** All states, from the first to the last of the call. @throws ERR_ABORTED, ERR_CLOSED when the endpoint is gone. */
  states(options: { readonly signal?: AbortSignal } = {}): AsyncGenerator<CallState, void, void> {
    return this.#statesFrom(0, options.signal);
  }

  /**
   * Resolves when the call has this status, now or later.
   *
   * @throws ERR_CALL_ENDED (a {@link CallEndedError}) when the call ends first; ERR_ABORTED; ERR_CLOSED.
   */
  async reached(status: CallStatus, options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    for await (const state of this.#statesFrom(this.#current, options.signal)) {
      if (state.status === status) return;
    }
    const reason = this.#properties.get('FAILUREREASON');
    throw new CallEndedError(this.id, this.status, status, reason === undefined ? undefined : Number(reason));
  }

  /** Resolves to the last status when the call is over. @throws ERR_ABORTED, ERR_CLOSED. */
  async ended(options: { readonly signal?: AbortSignal } = {}): Promise<CallState['status']> {
    for await (const _ of this.#statesFrom(this.#current, options.signal));
    return this.status;
  }

  /** Hangs up; resolves when the endpoint has taken the command. Does nothing when the call is over. */
  async hangUp(options?: CommandOptions): Promise<void> {
    if (this.over) return;
    await this.#alter('HANGUP', '', options);
  }

  /**
   * Redirects a stream: `ALTER CALL <id> SET_INPUT PORT="5001"` and its kin. An empty list takes the redirection
   * away. Resolves when the endpoint has connected.
   *
   * @throws ERR_API 589 or 592 when it cannot; ERR_INVALID_ARG for a port outside 1 to 65535.
   */
  async redirect(
    stream: StreamName,
    targets: readonly StreamTarget[],
    options?: CommandOptions,
  ): Promise<void> {
    for (const target of targets) {
      if (target.kind === 'soundcard' && target.device !== 'default') {
        throw invalidArgument('device', '"default", the only sound card of the protocol', target.device);
      }
    }
    await this.#alter(`SET_${stream}`, formatStreamTargets(targets), options);
  }

  /** Takes a property's value; called by the client as messages come in. */
  update(property: string, value: string): void {
    this.#properties.set(property, value);
    if (property !== 'STATUS' || value === this.#states.at(-1)?.status) return;
    this.#states.push({ status: value, atMs: this.#clock.unixMs() });
    for (const waiter of [...this.#waiters]) waiter.changed();
  }

  /** Nothing will be heard of the call any more; called by the client when its link is gone. */
  lose(error: Error): void {
    this.#lost = error;
    for (const waiter of [...this.#waiters]) waiter.lost(error);
  }

  get #current(): number {
    return Math.max(0, this.#states.length - 1);
  }

  async *#statesFrom(first: number, signal: AbortSignal | undefined): AsyncGenerator<CallState, void, void> {
    for (let index = first; ; index++) {
      while (this.#states.length <= index) await this.#changed(signal);
      const state = this.#states[index];
      if (!state) return;
      yield state;
      if (isTerminalCallStatus(state.status)) return;
    }
  }

  async #alter(action: string, argument: string, options?: CommandOptions): Promise<void> {
    await this.#sender.command({ kind: 'alter', object: 'CALL', id: this.id, action, argument }, options);
  }

  #changed(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#lost) return reject(this.#lost);
      if (signal?.aborted) return reject(abortedError(`a state of call ${this.id}`, signal));
      const done = (act: () => void) => {
        this.#waiters.delete(waiter);
        signal?.removeEventListener('abort', onAbort);
        act();
      };
      const waiter: Waiter = {
        changed: () => done(resolve),
        lost: (error) => done(() => reject(error)),
      };
      const onAbort = () => done(() => signal && reject(abortedError(`a state of call ${this.id}`, signal)));
      this.#waiters.add(waiter);
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }
}
