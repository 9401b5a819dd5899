import {
  checkArgument,
  checkOptions,
  flag,
  listOf,
  oneOf,
  optionsOf,
  type Rules,
  words,
} from '../../base/check.js';
import { FencedEmitter, type FencedEvents } from '../../base/listener/fenced-emitter.js';
import { checkWait, WAIT_RULES } from '../../base/wait.js';
import { OBJECTS } from '../../protocol/catalogue/objects.js';
import { checkObjectId } from '../../protocol/commands.js';
import type {
  ActionName,
  AlterCommand,
  GetCommand,
  ObjectId,
  ObjectName,
  PropertyName,
  SetCommand,
} from '../../protocol/message.js';
import { decodeProperty, encodeProperty, type PropertyValue } from '../../protocol/values.js';
import { type CommandOptions, type CommandSender, SENDER } from '../client/command-sender.js';
import { PropertyCache } from './property-cache.js';

/** Events of every object of the API. */
export interface RemoteObjectEvents extends FencedEvents {
  /** A property changed; the value is as on the wire. */
  property: [name: string, value: string];
}

/** Limits on a wait for a property. */
export interface PropertyOptions extends CommandOptions {
  /**
   * True to ask the endpoint even for a known value: for properties that change without a notification. Default false.
   */
  readonly fresh?: boolean;
}

/** The rules of {@link PropertyOptions}. */
export const PROPERTY_RULES: Rules<PropertyOptions> = { ...WAIT_RULES, fresh: flag };

/** Makes the options of a wait that always asks the endpoint. @throws ERR_INVALID_ARG */
export function asked(options: CommandOptions | undefined): PropertyOptions {
  checkWait(options);
  return { ...options, fresh: true };
}

const OBJECT = oneOf(...Object.keys(OBJECTS));
const NAMES = listOf(words);

/** One object of the API, with its properties. Messages of the endpoint keep them up to date. */
export class RemoteObject<
  O extends ObjectName,
  E extends RemoteObjectEvents & Record<keyof E, unknown[]> = RemoteObjectEvents,
> extends FencedEmitter<E> {
  readonly object: O;
  readonly id: ObjectId<O>;
  /** Sender of its commands. */
  protected readonly sender: CommandSender;
  readonly #cache = new PropertyCache();
  readonly #asked = new Map<string, Promise<unknown>>();
  #cached = true;

  /** @internal */
  constructor(object: O, id: ObjectId<O>, sender: CommandSender) {
    super();
    checkArgument('object', object, OBJECT);
    checkObjectId(object, id);
    checkArgument('sender', sender, SENDER);
    this.object = object;
    this.id = id;
    this.sender = sender;
  }

  /** The properties that the endpoint has reported so far, by name; values as on the wire. */
  get properties(): ReadonlyMap<string, string> {
    return this.#cache.values;
  }

  /**
   * Gets a property. Asks the endpoint the first time; later its notifications keep the value up to date.
   *
   * @throws ERR_API, ERR_SYNTAX when the value is not of the property's type, ERR_TIMEOUT, ERR_ABORTED, ERR_CLOSED.
   */
  async get<P extends PropertyName<O>>(
    property: P,
    options: PropertyOptions = {},
  ): Promise<PropertyValue<O, P>> {
    return decodeProperty(this.object, property, await this.text(property, options));
  }

  /** Gives the property if it is known, without asking the endpoint. @throws ERR_SYNTAX */
  known<P extends PropertyName<O>>(property: P): PropertyValue<O, P> | undefined {
    checkArgument('property', property, words);
    const text = this.#cache.get(property);
    return text === undefined ? undefined : decodeProperty(this.object, property, text);
  }

  /** Like {@link known}, with the value as on the wire. */
  protected heard(property: string): string | undefined {
    return this.#cache.get(property);
  }

  /** Like {@link get}, with the value as on the wire. Also works for properties that the catalogue does not list. */
  async text(property: string, options: PropertyOptions = {}): Promise<string> {
    checkArgument('property', property, words);
    checkOptions(options, PROPERTY_RULES);
    const known = this.#cache.get(property);
    if (known !== undefined && !options.fresh && this.#cached) return known;
    const limits = optionsOf<CommandOptions>(options, WAIT_RULES);
    await (options.signal ? this.#ask(property, limits) : this.#askOnce(property, limits));
    return this.#cache.get(property) ?? '';
  }

  /** Gets several properties, as on the wire. Asks the endpoint for the unknown ones. */
  async fetch(names: readonly string[], options?: CommandOptions): Promise<Record<string, string>> {
    checkArgument('names', names, NAMES);
    if (options !== undefined) checkOptions(options, PROPERTY_RULES);
    const values = await Promise.all(
      names.map(async (name) => [name, await this.text(name, options)] as const),
    );
    return Object.fromEntries(values);
  }

  /**
   * Sets a property. Resolves when the endpoint has accepted it.
   *
   * @throws ERR_INVALID_ARG for a value that the wire cannot carry; ERR_API.
   */
  async set<P extends PropertyName<O>>(
    property: P,
    value: PropertyValue<O, P>,
    options?: CommandOptions,
  ): Promise<void> {
    await this.setText(property, encodeProperty(this.object, property, value), options);
  }

  /** Like {@link set}, with a value as on the wire: for values that SET accepts and GET does not give. */
  protected async setText(property: PropertyName<O>, value: string, options?: CommandOptions): Promise<void> {
    const { object, id } = this;
    await this.sender.command({ kind: 'set', object, id, property, value } as SetCommand, options);
  }

  /** Takes a property's value; called for each message. @returns true when it is news. @internal */
  take(property: string, value: string, heardAt: number, sentAfter: number | undefined): boolean {
    if (!this.#cache.take(property, value, heardAt, sentAfter)) return false;
    (this as RemoteObject<ObjectName>).emit('property', property, value);
    return true;
  }

  /** True when no more news of it can come. Always false for objects without an end. */
  get over(): boolean {
    return false;
  }

  /** True when it can be dropped and made again, since it would miss no news. */
  get idle(): boolean {
    return true;
  }

  /** Records that no more news of it will come; called by the client. @internal */
  lose(_error: Error): void {}

  /** Drops the known values: they may have changed during an outage of the endpoint. @internal */
  forget(): void {
    this.#cache.clear();
  }

  /** Stops keeping values: this object gets no more messages of the endpoint. @internal */
  detach(): void {
    this.#cached = false;
  }

  /** Sends `ALTER <object> <id> <action> [<argument>]`. */
  protected async alter(action: ActionName<O>, argument = '', options?: CommandOptions): Promise<void> {
    const { object, id } = this;
    await this.sender.command({ kind: 'alter', object, id, action, argument } as AlterCommand, options);
  }

  /** Asks for a property with an argument. The answer is valid for this argument only. */
  protected async query(
    property: PropertyName<O>,
    argument: string,
    options?: CommandOptions,
  ): Promise<string> {
    const { object, id } = this;
    const command = { kind: 'get', object, id, property, argument } as GetCommand;
    const reply = await this.sender.command(command, options);
    return reply.kind === 'property' ? reply.value : '';
  }

  /** Lets simultaneous requests for a property share one answer. A request with a signal is sent by itself. */
  #askOnce(property: string, options: CommandOptions): Promise<unknown> {
    const asked = this.#asked.get(property);
    if (asked) return asked;
    const asking = this.#ask(property, options).finally(() => this.#asked.delete(property));
    this.#asked.set(property, asking);
    return asking;
  }

  async #ask(property: string, options: CommandOptions): Promise<void> {
    const { object, id } = this;
    const command = { kind: 'get', object, id, property, argument: '' } as GetCommand;
    const reply = await this.sender.command(command, options);
    if (!this.#cached && reply.kind === 'property') this.#cache.take(property, reply.value, 0, undefined);
  }
}
