import type { EndpointMessage } from '../../protocol/message.js';
import type { User } from '../user.js';
import { Session, type SessionClient, type SessionContext } from './session.js';

/** What an {@link Endpoint} needs of the exchange. */
export type EndpointContext = Omit<SessionContext, 'user' | 'ended' | 'minReplyLatencyMs'>;

/**
 * What programs attach to: one user's Skype, from its API's side. Any number of clients can be attached at once;
 * transports hand their lines to a {@link Session} each.
 */
export class Endpoint {
  readonly user: User;
  readonly #context: EndpointContext;
  readonly #sessions = new Set<Session>();

  constructor(user: User, context: EndpointContext) {
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
   * @param options `minReplyLatencyMs`: shortest time between a command and its answer; some clients lose a race
   * with an answer that comes at once. Default 0.
   */
  connect(client: SessionClient, options: { readonly minReplyLatencyMs?: number } = {}): Session {
    const session = new Session(client, {
      ...this.#context,
      user: this.user,
      minReplyLatencyMs: options.minReplyLatencyMs ?? 0,
      ended: (ended) => this.#sessions.delete(ended),
    });
    this.#sessions.add(session);
    return session;
  }

  /** Tells every attached client. */
  notify(message: EndpointMessage): void {
    for (const session of this.#sessions) session.notify(message);
  }

  /** Ends every session. */
  close(): void {
    for (const session of [...this.#sessions]) session.end();
  }
}
