import { EventEmitter } from 'node:events';
import { type Clock, systemClock } from '../clock.js';
import { abortedError, invalidArgument, JackfieldError } from '../errors.js';
import { ApiError } from '../protocol/api-error.js';
import type { CommandMessage, EndpointMessage, PropertyReply } from '../protocol/message.js';
import { parseReply } from '../protocol/parse-reply.js';
import { serialize } from '../protocol/serialize.js';
import { Call } from './call.js';
import type { CommandOptions, CommandSender } from './command-sender.js';
import type { Link, Transport } from './transport.js';

/** Options of {@link attach}. */
export interface AttachOptions {
  /** What the endpoint shows its user when it asks whether this program may attach. Default `jackfield`. */
  readonly name?: string;
  /** Newest version of the protocol to ask for, 1 to 8. Default 8. */
  readonly protocol?: number;
  /** Longest wait for the attachment, and for each answer, in milliseconds. Default 10000. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Dates the states of calls. Default: the machine's clock. */
  readonly clock?: Clock;
}

/** What a {@link Client} tells its listeners. */
export interface ClientEvents {
  /** Everything that the endpoint said without being asked. */
  notification: [message: EndpointMessage];
  /** A call that this client did not place. */
  call: [call: Call];
  /** The link is gone; the error is absent when {@link Client.close} was called. */
  closed: [error: Error | undefined];
}

/** Answers that may be outstanding at once; more is a program that does not wait for any. */
const MAX_PENDING = 1000;

interface Pending {
  readonly line: string;
  resolve(reply: EndpointMessage): void;
  reject(error: Error): void;
}

/**
 * Attaches to an endpoint: opens the transport, says NAME, agrees on PROTOCOL.
 *
 * @throws ERR_ATTACH_UNAVAILABLE when nothing answers, ERR_API when the endpoint refuses (`ERROR 68`), ERR_TIMEOUT,
 * ERR_ABORTED, ERR_INVALID_ARG.
 */
export async function attach(transport: Transport, options: AttachOptions = {}): Promise<Client> {
  const client = new Client(options);
  await client.open(transport, options.signal);
  return client;
}

/** One attachment to an endpoint of the API. Made by {@link attach}. */
export class Client extends EventEmitter<ClientEvents> implements CommandSender, AsyncDisposable {
  readonly #options: Required<Omit<AttachOptions, 'signal'>>;
  readonly #pending = new Map<string, Pending>();
  readonly #calls = new Map<number, Call>();
  #link: Link | undefined;
  #lastCommandId = 0;
  #protocol = 0;
  #closed: { readonly error: Error | undefined } | undefined;

  constructor(options: AttachOptions) {
    super();
    const { name = 'jackfield', protocol = 8, timeoutMs = 10_000, clock = systemClock } = options;
    if (!Number.isInteger(protocol) || protocol < 1 || protocol > 8) {
      throw invalidArgument('protocol', 'an integer from 1 to 8', protocol);
    }
    if (!(timeoutMs > 0)) throw invalidArgument('timeoutMs', 'more than 0 ms', timeoutMs);
    this.#options = { name, protocol, timeoutMs, clock };
  }

  /** The version of the protocol that was agreed on. */
  get protocol(): number {
    return this.#protocol;
  }

  /** Used by {@link attach}. */
  async open(transport: Transport, signal?: AbortSignal): Promise<void> {
    this.#link = await transport.open(
      { line: (line) => this.#take(line), closed: (error) => this.#end(error) },
      signal ? { signal } : {},
    );
    try {
      const limits = signal ? { signal } : {};
      await this.command({ kind: 'name', name: this.#options.name }, limits);
      const agreed = await this.command({ kind: 'protocol', version: this.#options.protocol }, limits);
      if (agreed.kind === 'protocol') this.#protocol = agreed.version;
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /**
   * Sends a command and waits for its answer.
   *
   * @throws ERR_API (an {@link ApiError}) when the endpoint answers with an error; ERR_TIMEOUT, ERR_ABORTED,
   * ERR_CLOSED; ERR_LINE_BREAK when a parameter holds CR, LF or NUL.
   */
  async command(message: CommandMessage, options: CommandOptions = {}): Promise<EndpointMessage> {
    const link = this.#link;
    if (!link || this.#closed) throw this.#closedError();
    if (this.#pending.size >= MAX_PENDING) {
      throw new JackfieldError(
        'ERR_INVALID_STATE',
        `${MAX_PENDING} commands wait for an answer: await some first.`,
      );
    }
    const commandId = String(++this.#lastCommandId);
    const line = serialize({ ...message, commandId });
    const reply = this.#awaitReply(commandId, serialize(message), options);
    link.send(line).catch((error: Error) => this.#pending.get(commandId)?.reject(error));
    return await reply;
  }

  /**
   * Calls a user. The call comes back as soon as the endpoint has made it; follow {@link Call.states}.
   *
   * @throws ERR_API with number 34 or 93 when there is no such user.
   */
  async call(target: string, options: CommandOptions = {}): Promise<Call> {
    const reply = await this.command({ kind: 'call', targets: [target] }, options);
    if (reply.kind !== 'property' || reply.object !== 'CALL') {
      throw new JackfieldError(
        'ERR_UNEXPECTED_REPLY',
        `CALL was answered with ${serialize(reply)}; expected CALL <id>.`,
      );
    }
    return this.#callOf(reply.id);
  }

  /** The call with this id, if the endpoint has spoken of it. */
  callById(id: number): Call | undefined {
    return this.#calls.get(id);
  }

  /** Closes the link. Calls go on; what waits for an answer is rejected with ERR_CLOSED. */
  async close(): Promise<void> {
    this.#end(undefined);
    await this.#link?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #awaitReply(commandId: string, line: string, options: CommandOptions): Promise<EndpointMessage> {
    const { signal, timeoutMs = this.#options.timeoutMs } = options;
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(abortedError(`the answer to ${line}`, signal));
      const settle = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
        this.#pending.delete(commandId);
      };
      const fail = (error: Error) => {
        settle();
        reject(error);
      };
      const onAbort = () => signal && fail(abortedError(`the answer to ${line}`, signal));
      const timer = setTimeout(
        () =>
          fail(new JackfieldError('ERR_TIMEOUT', `The endpoint did not answer ${line} in ${timeoutMs} ms.`)),
        timeoutMs,
      );
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#pending.set(commandId, {
        line,
        reject: fail,
        resolve: (reply) => {
          settle();
          resolve(reply);
        },
      });
    });
  }

  #take(line: string): void {
    const message = parseReply(line);
    if (message.kind === 'property') this.#track(message);
    const pending = message.commandId === undefined ? undefined : this.#pending.get(message.commandId);
    if (!pending) {
      this.emit('notification', message);
      return;
    }
    if (message.kind === 'error') pending.reject(new ApiError(message.number, message.text, pending.line));
    else pending.resolve(message);
  }

  #track(message: PropertyReply): void {
    if (message.object !== 'CALL') return;
    const known = this.#calls.has(message.id);
    const call = this.#callOf(message.id);
    call.update(message.property, message.value);
    if (!known) this.emit('call', call);
  }

  #callOf(id: number): Call {
    let call = this.#calls.get(id);
    if (!call) {
      call = new Call(id, this, this.#options.clock);
      this.#calls.set(id, call);
    }
    return call;
  }

  #end(error: Error | undefined): void {
    if (this.#closed) return;
    this.#closed = { error };
    const reason = this.#closedError();
    for (const pending of [...this.#pending.values()]) pending.reject(reason);
    for (const call of this.#calls.values()) call.lose(reason);
    this.emit('closed', error);
  }

  #closedError(): JackfieldError {
    if (this.#closed?.error instanceof JackfieldError) return this.#closed.error;
    return new JackfieldError('ERR_CLOSED', 'This client is closed: attach again.', {
      cause: this.#closed?.error,
    });
  }
}
