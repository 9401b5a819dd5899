import { checkArgument, checkOptions, having, type Rules, within } from '../../base/check.js';
import { JackfieldError } from '../../base/errors.js';
import type { EndpointMessage } from '../../protocol/message.js';
import { isVersionOf, type Versions } from '../../protocol/versions.js';
import type { ExchangeUser } from '../exchange-user.js';
import { Session, type SessionClient, type SessionContext } from './session.js';

/** Options of one client's attachment. */
export interface AttachmentOptions {
  /**
   * Shortest time between a command and its answer, in milliseconds: 0 to 1000. Some clients lose a race with an
   * answer that comes at once. Default 0; 5 on D-Bus, X11 and Windows.
   */
  readonly minReplyLatencyMs?: number;
}

/** Reply delay that real clients on D-Bus and X11 need, in milliseconds. */
export const DESKTOP_REPLY_LATENCY_MS = 5;

/** The rules of {@link AttachmentOptions}. */
export const ATTACHMENT_RULES: Rules<AttachmentOptions> = { minReplyLatencyMs: within(0, 1000, 'ms') };
const CLIENT = having('deliver', 'closed');

/** The part of the exchange that an {@link Endpoint} uses. */
export type EndpointContext = Omit<SessionContext, 'user' | 'ended' | 'minReplyLatencyMs'>;

/**
 * One user's Skype, as programs see it through the API. Any number of clients can be attached at once. Transports pass
 * the lines of each client to a {@link Session}.
 */
export class Endpoint {
  /** @internal */
  readonly user: ExchangeUser;
  readonly #context: EndpointContext;
  readonly #sessions = new Set<Session>();
  #over = false;

  constructor(user: ExchangeUser, context: EndpointContext) {
    this.user = user;
    this.#context = context;
  }

  /** Sessions of the attached clients. */
  get sessions(): readonly Session[] {
    return [...this.#sessions];
  }

  /**
   * Opens a session for one client.
   *
   * @throws ERR_INVALID_ARG when an option is out of its range; ERR_ATTACH_UNAVAILABLE when the exchange is closed.
   */
  connect(client: SessionClient, options: AttachmentOptions = {}): Session {
    checkArgument('client', client, CLIENT);
    checkOptions(options, ATTACHMENT_RULES);
    if (this.#over) {
      const message = `The exchange of ${this.user.handle} is closed: attach to a running one.`;
      throw new JackfieldError('ERR_ATTACH_UNAVAILABLE', message);
    }
    const session = new Session(client, {
      ...this.#context,
      user: this.user,
      minReplyLatencyMs: options.minReplyLatencyMs ?? 0,
      ended: (ended) => this.#sessions.delete(ended),
    });
    this.#sessions.add(session);
    return session;
  }

  /**
   * Asks if a program may attach, for transports that identify the program before it sends NAME.
   *
   * @throws Refusal @internal
   */
  allows(program: string): boolean | Promise<boolean> {
    return this.#context.authorization.allows(this.user, program);
  }

  /** Notifies every attached client. @param versions Protocol versions that are notified. Default: all. @internal */
  notify(message: EndpointMessage, versions: Versions = {}): void {
    for (const session of this.#sessions) {
      if (isVersionOf(versions, session.protocol)) session.notify(message);
    }
  }

  /** Ends every session. */
  close(): void {
    for (const session of [...this.#sessions]) session.end();
  }

  /** Ends every session and accepts no new ones. @internal */
  end(): void {
    this.#over = true;
    this.close();
  }
}
