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
  /** Asks the endpoint even where the value is known: for what changes without a notification. Default false. */
  readonly fresh?: boolean;
}

/** The rules of {@link PropertyOptions}. */
export const PROPERTY_RULES: Rules<PropertyOptions> = { ...WAIT_RULES, fresh: flag };

/** Options of a wait, as those of a wait that asks the endpoint in any case. @throws ERR_INVALID_ARG */
export function asked(options: CommandOptions | undefined): PropertyOptions {
  checkWait(options);
  return { ...options, fresh: true };
}

const OBJECT = oneOf(...Object.keys(OBJECTS));
const NAMES = listOf(words);

/** One object of the API: its properties, kept up to date by what the endpoint says. */
export class RemoteObject<
  O extends ObjectName,
  E extends RemoteObjectEvents & Record<keyof E, unknown[]> = RemoteObjectEvents,
> extends FencedEmitter<E> {
  readonly object: O;
  readonly id: ObjectId<O>;
  /** Sends its commands. */
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

  /** The properties of the object that were heard so far, by name; values as on the wire. */
  get properties(): ReadonlyMap<string, string> {
    return this.#cache.values;
  }

  /**
   * A property. Asks the endpoint the first time; after that its notifications keep the value up to date.
   *
   * @throws ERR_API, ERR_SYNTAX when the value is not of the property's type, ERR_TIMEOUT, ERR_ABORTED, ERR_CLOSED.
   */
  async get<P extends PropertyName<O>>(
    property: P,
    options: PropertyOptions = {},
  ): Promise<PropertyValue<O, P>> {
    return decodeProperty(this.object, property, await this.text(property, options));
  }

  /** The property where it is known, without asking. @throws ERR_SYNTAX */
  known<P extends PropertyName<O>>(property: P): PropertyValue<O, P> | undefined {
    checkArgument('property', property, words);
    const text = this.#cache.get(property);
    return text === undefined ? undefined : decodeProperty(this.object, property, text);
  }

  /** As {@link known}, as on the wire. */
  protected heard(property: string): string | undefined {
    return this.#cache.get(property);
  }

  /** As {@link get}, as on the wire; for properties that the catalogue does not list, too. */
  async text(property: string, options: PropertyOptions = {}): Promise<string> {
    checkArgument('property', property, words);
    checkOptions(options, PROPERTY_RULES);
    const known = this.#cache.get(property);
    if (known !== undefined && !options.fresh && this.#cached) return known;
    const limits = optionsOf<CommandOptions>(options, WAIT_RULES);
    await (options.signal ? this.#ask(property, limits) : this.#askOnce(property, limits));
    return this.#cache.get(property) ?? '';
  }

  /** Several properties, as on the wire; asks the endpoint for those that it has not told yet. */
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
   * @throws ERR_INVALID_ARG for a value that the wire cannot say; ERR_API.
   */
  async set<P extends PropertyName<O>>(
    property: P,
    value: PropertyValue<O, P>,
    options?: CommandOptions,
  ): Promise<void> {
    await this.setText(property, encodeProperty(this.object, property, value), options);
  }

  /** As {@link set}, with a value as on the wire: for what SET takes and GET does not give. */
  protected async setText(property: PropertyName<O>, value: string, options?: CommandOptions): Promise<void> {
    const { object, id } = this;
    await this.sender.command({ kind: 'set', object, id, property, value } as SetCommand, options);
  }

  /** Takes a property's value; called as messages come in. @returns whether it is news. @internal */
  take(property: string, value: string, heardAt: number, sentAfter: number | undefined): boolean {
    if (!this.#cache.take(property, value, heardAt, sentAfter)) return false;
    (this as RemoteObject<ObjectName>).emit('property', property, value);
    return true;
  }

  /** True when nothing can be heard of it any more. Objects without an end are never over. */
  get over(): boolean {
    return false;
  }

  /** True when it can be let go and asked for again: nothing is on its way that it would miss. */
  get idle(): boolean {
    return true;
  }

  /** Takes in that nothing will be heard of it any more; called by the client. @internal */
  lose(_error: Error): void {}

  /** Forgets what was heard: the endpoint was away, and it may have changed. @internal */
  forget(): void {
    this.#cache.clear();
  }

  /** Stops keeping values: nothing hands the endpoint's messages to this object any more. @internal */
  detach(): void {
    this.#cached = false;
  }

  /** `ALTER <object> <id> <action> [<argument>]`. */
  protected async alter(action: ActionName<O>, argument = '', options?: CommandOptions): Promise<void> {
    const { object, id } = this;
    await this.sender.command({ kind: 'alter', object, id, action, argument } as AlterCommand, options);
  }

  /** Asks for a property with an argument, whose answer belongs to this argument only. */
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

  /** Requests for the same property at the same time share one answer; one that can be aborted is made by itself. */
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
