import { checkArgument, checkOptions, having, type Rules, within } from '../../base/check.js';
import type { EndpointMessage } from '../../protocol/message.js';
import type { ExchangeUser } from '../exchange-user.js';
import { Session, type SessionClient, type SessionContext } from './session.js';

/** Options of one client's attachment. */
export interface AttachmentOptions {
  /**
   * Shortest time between a command and its answer, in milliseconds: 0 to 1000. Some clients lose a race with an
   * answer that comes at once. Default 0; 5 on D-Bus and X11.
   */
  readonly minReplyLatencyMs?: number;
}

/** Delay of replies that real clients on D-Bus and X11 need, in milliseconds. */
export const DESKTOP_REPLY_LATENCY_MS = 5;

/** The rules of {@link AttachmentOptions}. */
export const ATTACHMENT_RULES: Rules<AttachmentOptions> = { minReplyLatencyMs: within(0, 1000, 'ms') };
const CLIENT = having('deliver', 'closed');

/** The part of the exchange that an {@link Endpoint} uses. */
export type EndpointContext = Omit<SessionContext, 'user' | 'ended' | 'minReplyLatencyMs'>;

/**
 * One user's Skype, as programs see it through its API. Any number of clients can be attached at once; transports
 * hand the lines of each to a {@link Session}.
 */
export class Endpoint {
  /** @internal */
  readonly user: ExchangeUser;
  readonly #context: EndpointContext;
  readonly #sessions = new Set<Session>();

  constructor(user: ExchangeUser, context: EndpointContext) {
    this.user = user;
    this.#context = context;
  }

  /** The clients that are attached. */
  get sessions(): readonly Session[] {
    return [...this.#sessions];
  }

  /**
   * Opens a session for one client.
   *
   * @throws ERR_INVALID_ARG when an option is out of its range.
   */
  connect(client: SessionClient, options: AttachmentOptions = {}): Session {
    checkArgument('client', client, CLIENT);
    checkOptions(options, ATTACHMENT_RULES);
    const session = new Session(client, {
      ...this.#context,
      user: this.user,
      minReplyLatencyMs: options.minReplyLatencyMs ?? 0,
      ended: (ended) => this.#sessions.delete(ended),
    });
    this.#sessions.add(session);
    return session;
  }

  /** Tells every attached client. @internal */
  notify(message: EndpointMessage): void {
    for (const session of this.#sessions) session.notify(message);
  }

  /** Ends every session. */
  close(): void {
    for (const session of [...this.#sessions]) session.end();
  }
}
