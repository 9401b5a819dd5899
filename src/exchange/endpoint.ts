import type { EndpointMessage } from '../protocol/message.js';
import { serialize } from '../protocol/serialize.js';
import type { CommandAnswerer } from './commands.js';
import { Session, type SessionClient } from './session.js';
import type { User } from './user.js';

/**
 * What programs attach to: one user's Skype, from its API's side. Any number of clients can be attached at once;
 * transports hand their lines to a {@link Session} each.
 */
export class Endpoint {
  readonly user: User;
  readonly #answer: CommandAnswerer;
  readonly #sessions = new Set<Session>();

  constructor(user: User, answer: CommandAnswerer) {
    this.user = user;
    this.#answer = answer;
  }

  /** Opens a session for one client. */
  connect(client: SessionClient): Session {
    const session = new Session(this.user, client, this.#answer, () => this.#sessions.delete(session));
    this.#sessions.add(session);
    return session;
  }

  /** Tells every attached client. */
  notify(message: EndpointMessage): void {
    const line = serialize(message);
    for (const session of this.#sessions) session.notify(line);
  }

  /** Ends every session. */
  close(): void {
    for (const session of [...this.#sessions]) session.end();
  }
}
