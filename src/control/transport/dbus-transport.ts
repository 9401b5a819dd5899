import type { MessageBus } from 'dbus-native';
import { checkOptions, line, oneOf, type Rules, within } from '../../base/check.js';
import { abortedError, messageOf } from '../../base/errors.js';
import { waitFor } from '../../base/wait.js';
import { busAddressFault, DBUS_NAMES } from '../../protocol/attach-names.js';
import { endpointGone, UnavailableError } from './link-errors.js';
import { LinkLifetime } from './link-lifetime.js';
import {
  checkOpening,
  type Link,
  type Transport,
  type TransportHandlers,
  type TransportWait,
} from './transport.js';

/** Address of the system bus when DBUS_SYSTEM_BUS_ADDRESS is not set. */
const SYSTEM_BUS = 'unix:path=/run/dbus/system_bus_socket';

const REMEDY = 'start an endpoint, or check which bus it uses';

/** Options of {@link DbusTransport}. */
export interface DbusTransportOptions {
  /** Default `session`. */
  readonly bus?: 'session' | 'system';
  /** Address of the bus, such as `unix:path=/run/user/1000/bus`. Default: that of `bus` in the environment. */
  readonly address?: string;
  /** Longest wait for the answer to one call, in milliseconds: 1 to 86,400,000. Default 30000. */
  readonly callTimeoutMs?: number;
}

const RULES: Rules<DbusTransportOptions> = {
  bus: oneOf('session', 'system'),
  address: line(1, 4096),
  callTimeoutMs: within(1, 86_400_000, 'ms'),
};

/**
 * Attaches over D-Bus. Commands are calls of `Invoke`; the result is the answer, or empty. The endpoint calls `Notify`
 * on this program's object. Only the bus itself is needed.
 */
export class DbusTransport implements Transport {
  readonly name: string;
  readonly #address: string | undefined;
  readonly #callTimeoutMs: number;

  /** @throws ERR_INVALID_ARG */
  constructor(options: DbusTransportOptions = {}) {
    checkOptions(options, RULES);
    const { bus = 'session', callTimeoutMs = 30_000 } = options;
    this.#address = options.address ?? busAddress(bus);
    this.#callTimeoutMs = callTimeoutMs;
    this.name = `D-Bus (${options.address === undefined ? `${bus} bus` : options.address})`;
  }

  async open(handlers: TransportHandlers, options: TransportWait = {}): Promise<Link> {
    checkOpening(handlers, options);
    const { signal } = options;
    if (signal?.aborted) throw abortedError(this.name, signal);
    if (this.#address === undefined) {
      throw new UnavailableError(
        this.name,
        'DBUS_SESSION_BUS_ADDRESS is not set',
        'run inside a desktop session, or give an address',
      );
    }
    const fault = busAddressFault(this.#address);
    if (fault !== undefined) throw new UnavailableError(this.name, fault, REMEDY);
    const { createClient, defineInterface } = await import('dbus-native');
    const address = this.#address;
    const bus = clientOf(this.name, () =>
      createClient({ busAddress: address, timeout: this.#callTimeoutMs }),
    );
    const link = new DbusLink(bus, handlers);
    try {
      const owner = await ownerOf(bus, signal);
      await link.follow(owner, defineInterface);
      return link;
    } catch (error) {
      await bus.close();
      if (signal?.aborted) throw abortedError(this.name, signal);
      throw new UnavailableError(this.name, error, REMEDY);
    }
  }
}

/**
 * Makes the client of a bus. @throws ERR_ATTACH_UNAVAILABLE for a kind of address that the package does not support.
 */
function clientOf(name: string, make: () => MessageBus): MessageBus {
  try {
    return make();
  } catch (error) {
    throw new UnavailableError(name, error, REMEDY);
  }
}

function busAddress(bus: 'session' | 'system'): string | undefined {
  if (bus === 'system') return process.env['DBUS_SYSTEM_BUS_ADDRESS'] ?? SYSTEM_BUS;
  return process.env['DBUS_SESSION_BUS_ADDRESS'];
}

/** Gets the unique name behind the API's. An error of the connection itself fails no call, so it ends the wait too. */
async function ownerOf(bus: MessageBus, signal: AbortSignal | undefined): Promise<string> {
  return await waitFor<string>({
    what: DBUS_NAMES.service,
    signal,
    begin: (resolve, reject) => {
      bus.connection.once('error', reject);
      bus.getNameOwner(DBUS_NAMES.service).then(resolve, reject);
      return undefined;
    },
  });
}

class DbusLink implements Link {
  readonly multiline = true;
  readonly #bus: MessageBus;
  readonly #lifetime: LinkLifetime;

  constructor(bus: MessageBus, handlers: TransportHandlers) {
    this.#bus = bus;
    this.#lifetime = new LinkLifetime(handlers, 'opening');
    bus.connection.on('error', (error: Error) => this.#lifetime.lose(error));
  }

  /** Receives the notifications of `owner`, and watches that it stays on the bus. */
  async follow(owner: string, defineInterface: typeof import('dbus-native').defineInterface): Promise<void> {
    this.#bus.connection.on('close', () => this.#lifetime.lose('the bus closed the connection'));
    this.#bus.connection.on('message', (message: { member?: string; body?: unknown[] }) => {
      if (message.member !== 'NameOwnerChanged' || message.body?.[0] !== DBUS_NAMES.service) return;
      if (message.body[2] !== owner) this.#lose('the endpoint left the bus');
    });
    await this.#bus.addMatch(
      `type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged',arg0='${DBUS_NAMES.service}'`,
    );
    await this.#bus.export(
      DBUS_NAMES.clientPath,
      defineInterface({
        name: DBUS_NAMES.client,
        methods: {
          Notify: {
            in: { message: 's' },
            out: {},
            // Any program on the bus can call this; only the endpoint's calls count.
            handler: ({ message }: { message: string }, { sender }: { sender?: string }) => {
              if (sender === owner) this.#lifetime.line(message);
            },
          },
        },
      }),
    );
    if ((await this.#bus.getNameOwner(DBUS_NAMES.service)) !== owner)
      throw new Error('the endpoint left the bus');
    this.#lifetime.opened();
  }

  async send(line: string): Promise<string> {
    this.#lifetime.check();
    const call = {
      destination: DBUS_NAMES.service,
      path: DBUS_NAMES.servicePath,
      interface: DBUS_NAMES.service,
      member: 'Invoke',
      signature: 's',
      body: [line],
    };
    try {
      const answer: unknown = await this.#bus.invoke(call);
      return typeof answer === 'string' ? answer : '';
    } catch (error) {
      this.#lifetime.check();
      throw endpointGone(`it did not accept a command: ${messageOf(error)}`);
    }
  }

  async close(): Promise<void> {
    if (this.#lifetime.close()) await this.#bus.close();
  }

  #lose(why: string): void {
    this.#lifetime.lose(why);
    void this.#bus.close();
  }
}
