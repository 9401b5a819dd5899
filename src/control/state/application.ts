import { checkArgument, words } from '../../base/check.js';
import { JackfieldError } from '../../base/errors.js';
import type { Clock } from '../../base/time/clock.js';
import { checkWait } from '../../base/wait.js';
import { ApiError } from '../../protocol/api-error.js';
import type { StreamBytes } from '../../protocol/catalogue/value-type.js';
import { commands } from '../../protocol/commands.js';
import type { EndpointMessage } from '../../protocol/message.js';
import { serialize } from '../../protocol/serialize.js';
import { CODECS } from '../../protocol/value-codecs.js';
import type { CommandOptions, CommandSender } from '../client/command-sender.js';
import { ApplicationStream, type StreamApplication } from './application-stream.js';
import { Condition } from './condition.js';
import { RemoteObject, type RemoteObjectEvents } from './remote-object.js';

/** Events of an {@link Application}. */
export interface ApplicationEvents extends RemoteObjectEvents {
  /** A new stream; either side may have connected. */
  stream: [stream: ApplicationStream];
}

/** Number of the reference's error for a name that is taken. */
const TAKEN = 541;

/**
 * An APPLICATION object: a channel to the same application of other users. Its streams carry texts or bytes (reference,
 * "Application to application"). Made by {@link Client.application}.
 */
export class Application extends RemoteObject<'APPLICATION', ApplicationEvents> {
  readonly #sender: CommandSender;
  readonly #condition: Condition;
  readonly #streams = new Map<string, ApplicationStream>();
  /** Closed streams with texts that are still to be read. */
  readonly #closing = new Map<string, ApplicationStream>();
  /** Handles of the users to whom the endpoint is connecting. `#through` counts finished attempts by handle. */
  #connecting: readonly string[] = [];
  readonly #through = new Map<string, number>();
  /** Settles when the requested connections have ended. */
  #connected: Promise<unknown> = Promise.resolve();
  #isOpen = false;

  readonly #forStreams: StreamApplication;

  /** @internal */
  constructor(name: string, sender: CommandSender, clock: Clock) {
    super('APPLICATION', name, sender);
    this.#sender = sender;
    this.#condition = new Condition(clock);
    this.#forStreams = {
      clock,
      act: async (action, stream, text, options) => {
        const argument = text === '' ? stream : `${stream} ${text}`;
        return textOf(
          await sender.command(commands.alter('APPLICATION', name, action, argument), options),
          stream,
        );
      },
      askSending: (options) => this.text('SENDING', { ...options, fresh: true }),
    };
  }

  /** The streams that are open. */
  get streams(): readonly ApplicationStream[] {
    return [...this.#streams.values()].filter(({ isOpen }) => isOpen);
  }

  /** True after it was closed, and before it is registered. */
  override get over(): boolean {
    return !this.#isOpen;
  }

  /** True when it can be dropped without missing anything. */
  override get idle(): boolean {
    return this.over;
  }

  /**
   * Connects to a user. Gives one stream for each place where that user has the application, or none.
   *
   * @throws ERR_API with number 547 for a value that is not a handle; ERR_TIMEOUT, ERR_ABORTED, ERR_CLOSED.
   */
  connect(handle: string, options: CommandOptions = {}): Promise<ApplicationStream[]> {
    checkArgument('handle', handle, words);
    checkWait(options);
    const connected = this.#connected.then(() => this.#connect(handle, options));
    this.#connected = connected.catch(() => undefined);
    return connected;
  }

  /** Closes all streams on both sides, and unregisters the name. @throws ERR_API, ERR_TIMEOUT, ERR_ABORTED */
  async close(options: CommandOptions = {}): Promise<void> {
    checkWait(options);
    if (!this.#isOpen) return;
    await Promise.all(this.streams.map((stream) => stream.close(options)));
    this.#isOpen = false;
    await this.#sender.command(commands.delete('APPLICATION', this.id), options);
    this.lose(new JackfieldError('ERR_CLOSED', `The application ${this.id} was closed.`));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Registers it. @throws ERR_API with number 541 when the name is taken. @internal */
  async create(options?: CommandOptions): Promise<this> {
    const wasOpen = this.#isOpen;
    // Messages that follow the answer at once already belong to it.
    this.#isOpen = true;
    try {
      await this.#sender.command(commands.create('APPLICATION', this.id), options);
    } catch (error) {
      this.#isOpen = wasOpen;
      throw error;
    }
    return this;
  }

  /** Registers it again after an outage of the endpoint, which ended its streams. @internal */
  async revive(): Promise<void> {
    this.#endStreams(
      new JackfieldError(
        'ERR_CLOSED',
        `The connection to the endpoint was lost, and ${this.id} has lost its streams.`,
      ),
    );
    await this.create().catch((error: unknown) => {
      if (!(error instanceof ApiError) || error.number !== TAKEN) throw error;
      this.#isOpen = true;
    });
  }

  /** @internal */
  override take(property: string, value: string, heardAt: number, sentAfter: number | undefined): boolean {
    const news = super.take(property, value, heardAt, sentAfter);
    if (property === 'DATAGRAM') this.#takeDatagram(value);
    else if (news || sentAfter === undefined) this.#takeHeard(property, this.heard(property) ?? '');
    return news;
  }

  /** @internal */
  override lose(error: Error): void {
    this.#isOpen = false;
    this.#endStreams(error);
    this.#condition.changed();
  }

  async #connect(handle: string, options: CommandOptions): Promise<ApplicationStream[]> {
    const known = new Set(this.#streams.values());
    const key = handle.toLowerCase();
    const before = this.#through.get(key) ?? 0;
    const found = () => this.#openTo(key).filter((stream) => !known.has(stream));
    await this.alter('CONNECT', handle, options);
    const isThrough = () => {
      if (!this.#isOpen) throw new JackfieldError('ERR_CLOSED', `The application ${this.id} is closed.`);
      return found().length > 0 || (this.#through.get(key) ?? 0) > before;
    };
    await this.#condition.until(`${this.id} to connect to ${handle}`, isThrough, options);
    // The streams may be reported a moment later.
    await this.text('STREAMS', { ...options, fresh: true });
    return found();
  }

  #openTo(key: string): ApplicationStream[] {
    return this.streams.filter((stream) => stream.handle.toLowerCase() === key);
  }

  #takeHeard(property: string, value: string): void {
    if (property === 'CONNECTING') this.#takeConnecting(value);
    else if (property === 'STREAMS') this.#takeStreams(value);
    else if (property === 'SENDING') this.#takeBytes(value, (stream, bytes) => stream.tellSending(bytes));
    else if (property === 'RECEIVED') this.#takeBytes(value, (stream, bytes) => stream.tellReceived(bytes));
    this.#condition.changed();
  }

  #takeConnecting(value: string): void {
    const now = value.toLowerCase().split(' ');
    for (const handle of this.#connecting) {
      if (!now.includes(handle)) this.#through.set(handle, (this.#through.get(handle) ?? 0) + 1);
    }
    this.#connecting = now;
  }

  #takeStreams(value: string): void {
    const names = CODECS.connections.decode(value) ?? [];
    const now = new Map(names.map((name) => [`${name.handle}:${name.stream}`, name]));
    for (const [id, stream] of this.#streams) {
      if (now.has(id)) continue;
      this.#streams.delete(id);
      if (stream.bytesWaiting > 0) this.#closing.set(id, stream);
      stream.end();
    }
    for (const [id, name] of now) {
      if (this.#streams.has(id)) continue;
      const stream = new ApplicationStream(name, this.#forStreams);
      this.#streams.set(id, stream);
      this.emit('stream', stream);
    }
  }

  #takeBytes(value: string, tell: (stream: ApplicationStream, bytes: number) => void): void {
    const entries: readonly StreamBytes[] = CODECS.transfers.decode(value) ?? [];
    const bytes = new Map(entries.map((each) => [`${each.handle}:${each.stream}`, each.bytes ?? 1]));
    for (const [id, stream] of [...this.#closing, ...this.#streams]) tell(stream, bytes.get(id) ?? 0);
    for (const [id, { bytesWaiting }] of this.#closing) if (bytesWaiting === 0) this.#closing.delete(id);
  }

  #takeDatagram(value: string): void {
    const datagram = CODECS.datagram.decode(value);
    if (!datagram) return;
    this.#streams.get(`${datagram.handle}:${datagram.stream}`)?.emit('datagram', datagram.text);
  }

  #endStreams(error: Error): void {
    for (const stream of this.#streams.values()) stream.end(error);
    this.#streams.clear();
    this.#closing.clear();
    this.#connecting = [];
  }
}

/** Gets the text behind the stream's name in the answer. @throws ERR_UNEXPECTED_REPLY */
function textOf(reply: EndpointMessage, stream: string): string {
  if (reply.kind === 'echo' && reply.command.kind === 'alter')
    return reply.command.argument.slice(stream.length + 1);
  throw new JackfieldError(
    'ERR_UNEXPECTED_REPLY',
    `A command about ${stream} was answered with ${serialize(reply)}.`,
  );
}
