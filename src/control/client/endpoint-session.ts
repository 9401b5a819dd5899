import { JackfieldError, messageOf } from '../../base/errors.js';
import type { CancelTimer } from '../../base/time/clock.js';
import { waitFor } from '../../base/wait.js';
import { ApiError } from '../../protocol/api-error.js';
import { commands } from '../../protocol/commands.js';
import type { CommandMessage, EndpointMessage } from '../../protocol/message.js';
import { parseReply } from '../../protocol/parse-reply.js';
import { serialize } from '../../protocol/serialize.js';
import { endpointGone } from '../transport/link-errors.js';
import type { Link, Transport, TransportHandlers } from '../transport/transport.js';
import type { ClientSettings } from './attach-options.js';
import type { CommandOptions } from './command-sender.js';
import { ReplyWaits } from './reply-waits.js';

/** A line on the wire, for a tracer. Lines contain message texts and phone numbers: store them with care. */
export interface TraceLine {
  readonly direction: 'sent' | 'received';
  readonly line: string;
  /** Milliseconds since the Unix epoch. */
  readonly atMs: number;
}

/** Callbacks of the client of a session. */
export interface SessionHandlers {
  /** Counts the messages of all sessions of a client. */
  readonly counter: { received: number };
  /**
   * Takes every message of the endpoint. `sentAfter` is set for an answer: the number of messages received before its
   * command was sent.
   */
  message(message: EndpointMessage, sentAfter: number | undefined): void;
  trace(line: TraceLine): void;
  /** Called when the endpoint asks its user for permission. */
  pending(): void;
  closed(error: Error | undefined): void;
}

/** Number of the reference's error for a program that may not attach. */
const ACCESS_DENIED = 68;

/** One link to an endpoint, from NAME to its end: commands and answers, notifications, and the PING watch. */
export class EndpointSession {
  readonly #settings: ClientSettings;
  readonly #handlers: SessionHandlers;
  readonly #waits: ReplyWaits;
  #link: Link | undefined;
  #protocol = 0;
  #ended = false;
  #cancelPing: CancelTimer = () => undefined;

  private constructor(settings: ClientSettings, handlers: SessionHandlers) {
    this.#settings = settings;
    this.#handlers = handlers;
    this.#waits = new ReplyWaits(settings.clock, settings);
  }

  /**
   * Opens the transport, sends NAME and agrees on PROTOCOL.
   *
   * @throws ERR_ATTACH_UNAVAILABLE, ERR_ATTACH_REFUSED, ERR_TIMEOUT, ERR_ABORTED.
   */
  static async open(
    transport: Transport,
    settings: ClientSettings,
    handlers: SessionHandlers,
    signal: AbortSignal,
  ): Promise<EndpointSession> {
    const session = new EndpointSession(settings, handlers);
    session.#link = await openUnlessAborted(
      transport,
      {
        line: (line) => session.#take(line, undefined),
        pending: () => handlers.pending(),
        closed: (error) => session.#end(error),
      },
      signal,
    );
    try {
      await session.#introduce(signal);
      session.#watch();
      return session;
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  /** True when the link is gone. */
  get over(): boolean {
    return this.#ended;
  }

  /** Agreed version of the protocol. */
  get protocol(): number {
    return this.#protocol;
  }

  /** Sends a command and waits for its answer. @throws as {@link Client.command}. */
  async command(message: CommandMessage, options: CommandOptions = {}): Promise<EndpointMessage> {
    return await this.send(serialize(message, { multiline: this.#link?.multiline ?? false }), options);
  }

  /** Sends a command, as the text behind its identifier, and waits for its answer. */
  async send(text: string, options: CommandOptions = {}): Promise<EndpointMessage> {
    const link = this.#link;
    if (!link || this.#ended) throw endpointGone('the link is closed');
    const { commandId, reply } = this.#waits.begin(text, this.#handlers.counter.received, options);
    this.#transmit(link, commandId, `#${commandId} ${text}`);
    return await reply;
  }

  async close(): Promise<void> {
    this.#end(undefined);
    await this.#link?.close();
  }

  async #introduce(signal: AbortSignal): Promise<void> {
    const limits = { signal, timeoutMs: this.#settings.attachTimeoutMs };
    try {
      const welcome = await this.command(commands.name(this.#settings.name), limits);
      // An endpoint without a user says so in place of OK.
      if (welcome.kind === 'parameter') {
        throw new JackfieldError(
          'ERR_ATTACH_UNAVAILABLE',
          `The endpoint is not ready (${welcome.parameter} ${welcome.value}): log in, then attach again.`,
        );
      }
      const agreed = await this.command(commands.protocol(this.#settings.protocol), { signal });
      if (agreed.kind === 'protocol') this.#protocol = agreed.version;
    } catch (error) {
      if (!(error instanceof ApiError) || error.number !== ACCESS_DENIED) throw error;
      throw new JackfieldError(
        'ERR_ATTACH_REFUSED',
        `The endpoint does not let "${this.#settings.name}" attach (${error.message}): allow it there, then attach again.`,
        { cause: error },
      );
    }
  }

  #transmit(link: Link, commandId: string, line: string): void {
    this.#trace('sent', line);
    link.send(line).then(
      (answer) => answer && this.#take(answer, commandId),
      (error: Error) => this.#waits.fail(commandId, error),
    );
  }

  /** @param answerTo Command to which the transport gave the line as its result, if it did. */
  #take(line: string, answerTo: string | undefined): void {
    if (this.#ended) return;
    this.#handlers.counter.received++;
    this.#trace('received', line);
    const message = parseReply(line);
    const matched = this.#waits.match(message.commandId ?? answerTo, message);
    this.#handlers.message(message, matched?.sentAfter);
    matched?.settle();
  }

  #trace(direction: TraceLine['direction'], line: string): void {
    this.#handlers.trace({ direction, line, atMs: this.#settings.clock.unixMs() });
  }

  /** Sends a PING when nothing was received since the last check. */
  #watch(): void {
    const { clock, pingIntervalMs } = this.#settings;
    if (pingIntervalMs === 0 || this.#ended) return;
    const seen = this.#handlers.counter.received;
    this.#cancelPing = clock.timerAt(clock.now() + pingIntervalMs, () => {
      if (this.#handlers.counter.received !== seen) return this.#watch();
      this.command(commands.ping()).then(
        () => this.#watch(),
        (error: unknown) => {
          // An ERROR shows that the endpoint is alive, too.
          if (error instanceof ApiError) return this.#watch();
          this.#end(endpointGone(`it does not answer PING: ${messageOf(error)}`));
          void this.#link?.close();
        },
      );
    });
  }

  #end(error: Error | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#cancelPing();
    this.#waits.failAll(error ?? new JackfieldError('ERR_CLOSED', 'This client was closed: attach again.'));
    this.#handlers.closed(error);
  }
}

/** Opens a link. A transport may notice the signal too late or never, so a link that comes too late is closed. */
function openUnlessAborted(
  transport: Transport,
  handlers: TransportHandlers,
  signal: AbortSignal,
): Promise<Link> {
  return waitFor({
    what: transport.name,
    signal,
    begin: (resolve, reject) => {
      transport
        .open(handlers, { signal })
        .then((link) => (signal.aborted ? link.close() : resolve(link)))
        .catch(reject);
      return undefined;
    },
  });
}
