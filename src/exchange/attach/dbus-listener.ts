import type { HandlerContext, Message, MessageBus } from 'dbus-native';
import { type Rules, words } from '../../base/check.js';
import { JackfieldError, messageOf } from '../../base/errors.js';
import { busAddressFault, DBUS_NAMES } from '../../protocol/attach-names.js';
import {
  ATTACHMENT_RULES,
  type AttachmentOptions,
  DESKTOP_REPLY_LATENCY_MS,
  type Endpoint,
} from '../api/endpoint.js';
import { type Door, noRoom, tooLong } from './door.js';
import { SharedSessions } from './shared-sessions.js';

/** Reply of RequestName when the name had no owner. */
const PRIMARY_OWNER = 1;
const DO_NOT_QUEUE = 4;
const METHOD_CALL = 1;
const NO_REPLY_EXPECTED = 1;

/** Options of an endpoint that is served on D-Bus. */
export interface DbusListenOptions extends AttachmentOptions {
  /** Address of the bus. Default: `DBUS_SESSION_BUS_ADDRESS`. */
  readonly address?: string;
}

/** The rules of {@link DbusListenOptions}. */
export const DBUS_LISTEN_RULES: Rules<DbusListenOptions> = { ...ATTACHMENT_RULES, address: words };

/**
 * Serves an endpoint on D-Bus. Owns `com.Skype.API`, answers `Invoke` at `/com/Skype`, and calls `Notify` of each
 * client, which not every client has. Each connection to the bus has one session.
 */
export class DbusListener {
  readonly #bus: MessageBus;
  readonly #door: Door;
  readonly #sessions: SharedSessions<string, undefined>;

  private constructor(bus: MessageBus, endpoint: Endpoint, door: Door, minReplyLatencyMs: number) {
    this.#door = door;
    this.#bus = bus;
    const connection = {
      ...({ name: 'D-Bus', server: 'bus' } as const),
      unsentBytes: () => bus.connection.stream.writableLength,
      send: (client: string, line: string) => this.#notify(client, line),
      opened: () => undefined,
    };
    this.#sessions = new SharedSessions(connection, endpoint, door, minReplyLatencyMs);
  }

  /**
   * Connects to the bus and takes the name. If the bus goes away, that is reported as a failure and all sessions end.
   *
   * @throws ERR_PORT when there is no bus, or another program owns the name.
   */
  static async open(endpoint: Endpoint, options: DbusListenOptions, door: Door): Promise<DbusListener> {
    const { minReplyLatencyMs = DESKTOP_REPLY_LATENCY_MS } = options;
    const busAddress = options.address ?? process.env['DBUS_SESSION_BUS_ADDRESS'];
    if (busAddress === undefined) throw unavailable('DBUS_SESSION_BUS_ADDRESS is not set');
    const fault = busAddressFault(busAddress);
    if (fault !== undefined) throw unavailable(fault);
    const { createClient, defineInterface } = await import('dbus-native');
    const bus = clientOf(() => createClient({ busAddress }));
    const listener = new DbusListener(bus, endpoint, door, minReplyLatencyMs);
    try {
      await listener.#serve(defineInterface);
      bus.connection.once('close', () => listener.#sessions.lost());
      return listener;
    } catch (error) {
      await bus.close();
      throw unavailable(messageOf(error));
    }
  }

  async close(): Promise<void> {
    if (this.#sessions.close()) await this.#bus.close();
  }

  async #serve(defineInterface: typeof import('dbus-native').defineInterface): Promise<void> {
    const bus = this.#bus;
    const broken = new Promise<never>((_, reject) => bus.connection.on('error', reject));
    broken.catch(() => undefined);
    // Some clients call Invoke without its interface, which the package requires.
    bus.connection.prependListener('message', (message: Message) => {
      if (
        message.type === METHOD_CALL &&
        message.path === DBUS_NAMES.servicePath &&
        message.member === 'Invoke'
      ) {
        message.interface ??= DBUS_NAMES.service;
      }
    });
    bus.connection.on('message', (message: Message) => {
      this.#door.fence.run('D-Bus', () => this.#watch(message));
    });
    const Invoke = {
      in: { command: 's' },
      out: { answer: 's' },
      handler: ({ command }: { command: string }, { sender = '', message }: HandlerContext) =>
        this.#invoke(sender, command, (answer) => message && bus.sendReply(message, 's', [answer])),
    };
    const exported = bus.export(
      DBUS_NAMES.servicePath,
      defineInterface({ name: DBUS_NAMES.service, methods: { Invoke } }),
    );
    await Promise.race([exported, broken]);
    await Promise.race([
      bus.addMatch("type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged'"),
      broken,
    ]);
    const got = await Promise.race([bus.requestName(DBUS_NAMES.service, DO_NOT_QUEUE), broken]);
    if (got !== PRIMARY_OWNER) throw new Error(`another program owns ${DBUS_NAMES.service}`);
  }

  /**
   * Answers a command. The package sends the value of a handler some turns later, after notifications that should
   * follow the answer. So the answer is sent here, and the returned promise never settles.
   */
  #invoke(sender: string, command: string, reply: (answer: string) => void): Promise<never> {
    const session = this.#sessions.clientOf(sender)?.session;
    if (!session) reply(noRoom(this.#door));
    else if (Buffer.byteLength(command) > this.#door.limits.lineBytes) reply(tooLong(this.#door));
    else session.receive(command, reply);
    return new Promise(() => undefined);
  }

  /** Calls Notify without expecting a reply: some clients send none, and some have no such object. */
  #notify(destination: string, line: string): void {
    this.#bus.connection.message({
      type: METHOD_CALL,
      flags: NO_REPLY_EXPECTED,
      serial: this.#bus.serial++,
      destination,
      path: DBUS_NAMES.clientPath,
      interface: DBUS_NAMES.client,
      member: 'Notify',
      signature: 's',
      body: [line],
    });
  }

  /** Ends the session of a client that leaves the bus. */
  #watch(message: Message): void {
    if (message.member !== 'NameOwnerChanged') return;
    const [name, , newOwner] = message.body ?? [];
    if (newOwner === '' && typeof name === 'string') this.#sessions.gone(name);
  }
}

/** Makes the client of a bus. @throws ERR_PORT for a kind of address that the package does not know. */
function clientOf(make: () => MessageBus): MessageBus {
  try {
    return make();
  } catch (error) {
    throw unavailable(messageOf(error));
  }
}

function unavailable(why: string): JackfieldError {
  return new JackfieldError(
    'ERR_PORT',
    `The endpoint cannot be served on D-Bus: ${why}. Start a session bus, or give its address.`,
  );
}
