import { type Clock, systemClock } from '../clock.js';
import { invalidArgument } from '../errors.js';
import { replies } from '../protocol/replies.js';
import { commandAnswerer, PARAMETER_DEFAULTS } from './commands.js';
import { Conversations, type Service } from './conversations.js';
import { echoService } from './echo-service.js';
import { Endpoint } from './endpoint.js';
import { silentSoundCard } from './sound-card.js';
import { TcpListener } from './tcp-listener.js';
import type { User, UserOptions } from './user.js';
import { VoiceRouter } from './voice-router.js';

/** Options of {@link Exchange.start}. */
export interface ExchangeOptions {
  /** Drives the life of every call. Default: the machine's clock. */
  readonly clock?: Clock;
  /** Default: one user, `jack`. */
  readonly users?: readonly UserOptions[];
  /**
   * How long, in real milliseconds, a tick of the voice bridge waits for a redirected port before it goes on with
   * silence. 0 (default) is real time. On a {@link VirtualClock} a wait stops time, so that a call can run many
   * times faster than real time and not miss a sample.
   */
  readonly patienceMs?: number;
  /** Length of the pieces written to a redirected port, in milliseconds: 10 as Skype did, or 20 (default). */
  readonly pieceMs?: 10 | 20;
  /** Folders in which `FILE="..."` may read and write. Default: none. */
  readonly fileRoots?: readonly string[];
}

/**
 * An embedded exchange: users, a call testing service, and an endpoint for each user that speaks the Skype
 * Desktop API from Skype's side.
 */
export class Exchange implements AsyncDisposable {
  readonly #clock: Clock;
  readonly #users = new Map<string, User>();
  readonly #endpoints = new Map<string, Endpoint>();
  readonly #services = new Map<string, Service>();
  readonly #listeners: TcpListener[] = [];
  readonly #conversations: Conversations;

  private constructor(options: ExchangeOptions, services: readonly Service[]) {
    this.#clock = options.clock ?? systemClock;
    const patienceMs = options.patienceMs ?? 0;
    if (!(patienceMs >= 0 && patienceMs <= 60_000)) {
      throw invalidArgument('patienceMs', 'from 0 to 60000 ms', patienceMs);
    }
    for (const service of services) this.#services.set(service.handle, service);
    this.#conversations = new Conversations({
      clock: this.#clock,
      serviceOf: (handle) => this.#services.get(handle.toLowerCase()),
      callChanged: (call, property, value) =>
        this.#endpoints.get(call.user.handle)?.notify(replies.property('CALL', call.id, property, value)),
    });
    const answer = commandAnswerer({
      conversations: this.#conversations,
      router: new VoiceRouter({
        port: { patienceMs, pieceMs: options.pieceMs ?? 20 },
        fileRoots: [...(options.fileRoots ?? [])],
      }),
      fullNameOf: (handle) => (this.#users.get(handle) ?? this.#services.get(handle))?.fullName,
    });
    for (const userOptions of options.users ?? [{ handle: 'jack' }]) {
      const user = userOf(userOptions);
      this.#users.set(user.handle, user);
      this.#endpoints.set(user.handle, new Endpoint(user, answer));
    }
  }

  /** Starts an exchange. Nothing listens until {@link listen} is called; {@link endpoint} serves the same process. */
  static async start(options: ExchangeOptions = {}): Promise<Exchange> {
    return new Exchange(options, [await echoService()]);
  }

  /**
   * The endpoint of one user, to be attached to in this process.
   *
   * @param handle Default: the first user.
   * @throws ERR_INVALID_ARG when there is no such user.
   */
  endpoint(handle?: string): Endpoint {
    const [first] = this.#endpoints.keys();
    const endpoint = this.#endpoints.get(handle ?? first ?? '');
    if (!endpoint) {
      throw invalidArgument(
        'handle',
        `one of the exchange's users (${[...this.#users.keys()].join(', ')})`,
        handle,
      );
    }
    return endpoint;
  }

  /** Serves a user's endpoint on a loopback TCP port; 0 (default) lets the system choose. Returns the port. */
  async listen(options: { readonly handle?: string; readonly port?: number } = {}): Promise<number> {
    const listener = await TcpListener.open(this.endpoint(options.handle), options.port);
    this.#listeners.push(listener);
    return listener.port;
  }

  /** Ends all calls, flushes their streams, then closes every session and port. */
  async close(): Promise<void> {
    await this.#conversations.close();
    for (const endpoint of this.#endpoints.values()) endpoint.close();
    await Promise.all(this.#listeners.splice(0).map((listener) => listener.close()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function userOf(options: UserOptions): User {
  if (!/^[a-z][a-z0-9.,_-]{1,31}$/i.test(options.handle)) {
    throw invalidArgument(
      'handle',
      'a Skype name: a letter, then letters, digits, and . , - _',
      options.handle,
    );
  }
  return {
    handle: options.handle,
    fullName: options.fullName ?? options.handle,
    soundCard: options.soundCard ?? silentSoundCard,
    parameters: new Map(Object.entries(PARAMETER_DEFAULTS)),
  };
}
