import type { Clock } from '../../base/time/clock.js';
import type { EndpointMessage } from '../../protocol/message.js';
import type { Services } from '../api/services.js';
import type { ExchangeUser } from '../exchange-user.js';
import type { Messaging } from '../messaging/messaging.js';
import type { AccountListenOptions } from './account-listen-options.js';
import type { AccountServer } from './account-server.js';

/** Parts of an exchange that {@link AccountDoor} uses. */
export interface AccountDoorContext {
  readonly services: Services;
  /** Real time. */
  readonly clock: Clock;
  /** Gives 32 random bytes. */
  readonly secret: () => Uint8Array;
  /** Names of the desktop clients that are attached to a user's endpoint. */
  readonly clientsOf: (user: ExchangeUser) => readonly string[];
}

/** Serves the account services of an exchange. Their code is loaded on the first `listen`. */
export class AccountDoor {
  readonly #context: AccountDoorContext;
  readonly #servers: AccountServer[] = [];
  #messaging: Messaging | undefined;
  #noticed: ((user: ExchangeUser, message: EndpointMessage) => void) | undefined;

  constructor(context: AccountDoorContext) {
    this.#context = context;
  }

  /** Starts the HTTP server. @returns the port. @throws ERR_INVALID_ARG, ERR_PORT. */
  async listen(options: AccountListenOptions): Promise<number> {
    const { services, clock, clientsOf, secret } = this.#context;
    const { AccountServer } = await import('./account-server.js');
    const { Messaging } = await import('../messaging/messaging.js');
    this.#messaging ??= new Messaging({
      services,
      key: secret(),
      clientsOf,
      onNotice: (listener) => {
        this.#noticed = listener;
      },
    });
    const server = await AccountServer.open({ services, messaging: this.#messaging }, options, clock);
    this.#servers.push(server);
    return server.port;
  }

  /** Takes a notification that was sent to a user's clients. */
  noticed(user: ExchangeUser, message: EndpointMessage): void {
    this.#noticed?.(user, message);
  }

  async close(): Promise<void> {
    this.#messaging?.close();
    await Promise.all(this.#servers.splice(0).map((server) => server.close()));
  }
}
