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

/** A line on the wire, for a tracer. Lines hold message texts and phone numbers: mind where they are kept. */
export interface TraceLine {
  readonly direction: 'sent' | 'received';
  readonly line: string;
  /** Milliseconds since the Unix epoch. */
  readonly atMs: number;
}

/** The client that a session belongs to. */
export interface SessionHandlers {
  /** Counts the messages of all sessions of a client. */
  readonly counter: { received: number };
  /**
   * Everything that the endpoint says. `sentAfter` is set for an answer: the number of messages that had come when
   * its command was sent.
   */
  message(message: EndpointMessage, sentAfter: number | undefined): void;
  trace(line: TraceLine): void;
  /** The endpoint asks its user. */
  pending(): void;
  closed(error: Error | undefined): void;
}

/** The reference's number of the error that means: this program may not attach. */
const ACCESS_DENIED = 68;

/** One link to an endpoint, from NAME to its end: commands and their answers, notifications, the PING watch. */
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
   * Opens the transport, says NAME, agrees on PROTOCOL.
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

  /** The version of the protocol that was agreed on. */
  get protocol(): number {
    return this.#protocol;
  }

  /** Sends a command and waits for its answer. @throws as {@link Client.command}. */
  async command(message: CommandMessage, options: CommandOptions = {}): Promise<EndpointMessage> {
    return await this.send(serialize(message, { multiline: this.#link?.multiline ?? false }), options);
  }

  /** Sends a command, given as the text that is to follow its identifier, and waits for its answer. */
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
      // An endpoint that nobody is logged in to says so in place of OK.
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

  /** @param answerTo set when the transport gave the line as the result of sending that command. */
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

  /** PINGs an endpoint from which nothing came since the last look. */
  #watch(): void {
    const { clock, pingIntervalMs } = this.#settings;
    if (pingIntervalMs === 0 || this.#ended) return;
    const seen = this.#handlers.counter.received;
    this.#cancelPing = clock.timerAt(clock.now() + pingIntervalMs, () => {
      if (this.#handlers.counter.received !== seen) return this.#watch();
      this.command(commands.ping()).then(
        () => this.#watch(),
        (error: unknown) => {
          // An ERROR is a sign of life too.
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

/** A transport may not notice the signal in time, or at all: a link that comes too late is closed. */
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
