import { signal as abortSignal, checkArgument, words } from '../../base/check.js';
import { JackfieldError } from '../../base/errors.js';
import { FencedEmitter, type FencedEvents } from '../../base/listener/fenced-emitter.js';
import { printable } from '../../base/printable.js';
import { checkWait, deadlineIn, type WaitOptions, waitFor } from '../../base/wait.js';
import type { LISTS, SEARCHES } from '../../protocol/catalogue/searches.js';
import { checkObjectId, commands, ID, type NamedObject } from '../../protocol/commands.js';
import type {
  ActionName,
  CommandMessage,
  EndpointMessage,
  ObjectId,
  PropertyName,
  SearchName,
} from '../../protocol/message.js';
import { hasLineBreak, lineBreakError, serialize } from '../../protocol/serialize.js';
import { decodeProperty, encodeProperty, type PropertyValue } from '../../protocol/values.js';
import type { Call } from '../call/call.js';
import { Conference } from '../call/conference.js';
import { checkTarget, targetsOf } from '../call/target.js';
import type { Voicemail } from '../call/voicemail.js';
import type { Chats } from '../people/chats.js';
import type { Contacts } from '../people/contacts.js';
import type { Groups } from '../people/groups.js';
import type { User } from '../people/user.js';
import { type Alert, type AlertOptions, alertParameters } from '../state/alert.js';
import type { Application } from '../state/application.js';
import { Devices } from '../state/devices.js';
import type { FileTransfer } from '../state/file-transfer.js';
import { type MenuItem, type MenuItemOptions, menuItemParameters } from '../state/menu-item.js';
import type { ObjectCollection } from '../state/object-collection.js';
import type { Parameters } from '../state/parameters.js';
import type { Profile } from '../state/profile.js';
import type { SmsCollection } from '../state/sms-collection.js';
import { World } from '../state/world.js';
import { TRANSPORT, type Transport } from '../transport/transport.js';
import { type AttachOptions, type ClientSettings, clientSettings } from './attach-options.js';
import type { AttachState } from './attach-state.js';
import { Attachment } from './attachment.js';
import type { CommandOptions, CommandSender } from './command-sender.js';
import type { TraceLine } from './endpoint-session.js';

/** Events of a {@link Client}. */
export interface ClientEvents extends FencedEvents {
  /** The attachment has a new state. */
  state: [state: AttachState];
  /** A message that the endpoint sent without being asked. */
  notification: [message: EndpointMessage];
  /** A new call. */
  call: [call: Call];
  /** A new voicemail. */
  voicemail: [voicemail: Voicemail];
  /** Every line on the wire, unchanged. Lines contain message texts and phone numbers. */
  trace: [line: TraceLine];
  /** The link is gone for good; the error is undefined after {@link Client.close}. */
  closed: [error: Error | undefined];
}

/** Ids in the answer to a search: numbers of calls, handles of users and so on. */
export type SearchResult<S extends SearchName> = readonly ObjectId<
  (typeof LISTS)[(typeof SEARCHES)[S]['list']]
>[];

/** One attachment to an endpoint of the API. Made by {@link attach}. */
export class Client extends FencedEmitter<ClientEvents> implements CommandSender, AsyncDisposable {
  /** Calls in progress and calls that were asked for. Iterating gives those in progress, as far as reported. */
  readonly calls: ObjectCollection<'CALL', Call>;
  /** Voicemails and greetings. */
  readonly voicemails: ObjectCollection<'VOICEMAIL', Voicemail>;
  /** Users that were reported or asked for, by handle. */
  readonly users: ObjectCollection<'USER', User>;
  /** The current user's contacts, and users who ask to be. */
  readonly contacts: Contacts;
  /** Groups of contacts. */
  readonly groups: Groups;
  /** Chats, and the messages in them. */
  readonly chats: Chats;
  /** Short messages to and from phones. */
  readonly sms: SmsCollection;
  /** Files that people send to one another. They can only be watched. */
  readonly transfers: ObjectCollection<'FILETRANSFER', FileTransfer>;
  /** Applications of this client, by name. */
  readonly applications: ObjectCollection<'APPLICATION', Application>;
  /** Entries of this client in the menus of the endpoint, by id. */
  readonly menuItems: ObjectCollection<'MENU_ITEM', MenuItem>;
  /** Entries of this client in the list of events of the endpoint, by id. */
  readonly alerts: ObjectCollection<'EVENT', Alert>;
  /** The current user's own data. */
  readonly profile: Profile;
  /** USERSTATUS, CONNSTATUS and the other general parameters. */
  readonly parameters: Parameters;
  /** The endpoint's sound and video devices, and its mute. */
  readonly devices: Devices;
  readonly #settings: ClientSettings;
  readonly #attachment: Attachment;
  readonly #world: World;

  /** Used by {@link attach}. @throws ERR_INVALID_ARG */
  constructor(transport: Transport, options: AttachOptions = {}) {
    super();
    checkArgument('transport', transport, TRANSPORT);
    this.#settings = clientSettings(options);
    // Each bot, recorder and scene listens for calls. Many listeners are no leak.
    this.setMaxListeners(0);
    this.#world = new World(this, this.#settings);
    const { calls, voicemails, users, contacts, groups, chats, profile, parameters } = this.#world;
    this.calls = calls;
    this.voicemails = voicemails;
    this.users = users;
    this.contacts = contacts;
    this.groups = groups;
    this.chats = chats;
    this.applications = this.#world.applications;
    this.sms = this.#world.sms;
    this.transfers = this.#world.transfers;
    this.menuItems = this.#world.menuItems;
    this.alerts = this.#world.alerts;
    this.profile = profile;
    this.parameters = parameters;
    calls.on('found', (call) => this.emit('call', call));
    voicemails.on('found', (voicemail) => this.emit('voicemail', voicemail));
    this.devices = new Devices(this.parameters);
    this.#attachment = new Attachment(transport, this.#settings, {
      message: (message, heardAt, sentAfter) => this.#take(message, heardAt, sentAfter),
      trace: (line) => this.emit('trace', line),
      state: (state) => this.#moved(state),
      revive: () => this.#world.resynchronise(),
    });
  }

  /** Used by {@link attach}. */
  async open(signal?: AbortSignal): Promise<void> {
    if (signal !== undefined) checkArgument('signal', signal, abortSignal);
    await this.#attachment.open(signal);
  }

  /** The state of the attachment. */
  get state(): AttachState {
    return this.#attachment.state;
  }

  /** Agreed version of the protocol; 0 while there is no attachment. */
  get protocol(): number {
    const { state } = this;
    return state.status === 'attached' ? state.protocol : 0;
  }

  /**
   * Resolves when the client is attached, or at once if it is.
   *
   * @throws ERR_CLOSED when it closes, or its reason; ERR_TIMEOUT; ERR_ABORTED.
   */
  async attached(options: WaitOptions = {}): Promise<void> {
    checkWait(options);
    const { signal, timeoutMs } = options;
    const { clock } = this.#settings;
    await waitFor<void>({
      what: 'the endpoint',
      signal,
      deadline: deadlineIn(clock, timeoutMs, () => {
        const message = `The endpoint was not reachable within ${timeoutMs} ms: the client is ${this.state.status}.`;
        throw new JackfieldError('ERR_TIMEOUT', message);
      }),
      begin: (resolve, reject) => {
        const look = (state: AttachState) => {
          if (state.status === 'attached') resolve();
          else if (state.status === 'closed') reject(closedError(state.error));
        };
        this.on('state', look);
        look(this.state);
        return () => this.off('state', look);
      },
    });
  }

  /**
   * Sends a command and waits for its answer. At most `maxPending` commands can wait at once.
   *
   * @throws ERR_API (an `ApiError`) when the endpoint answers with an error; ERR_TIMEOUT, ERR_ABORTED, ERR_CLOSED;
   * ERR_ATTACH_UNAVAILABLE while the endpoint is away; ERR_LIMIT when too many wait; ERR_LINE_BREAK when a parameter
   * contains CR, LF or NUL.
   */
  async command(message: CommandMessage, options: CommandOptions = {}): Promise<EndpointMessage> {
    checkWait(options);
    return await this.#attachment.session.command(message, options);
  }

  /** Sends a line and gives the line of the answer. The identifier is added and removed. @throws as {@link command}. */
  async invoke(line: string, options: CommandOptions = {}): Promise<string> {
    checkArgument('line', line, words);
    checkWait(options);
    if (hasLineBreak(line)) throw lineBreakError('line');
    const reply = await this.#attachment.session.send(line, options);
    return serialize({ ...reply, commandId: undefined }, { multiline: true });
  }

  /** Gets a property of any object from the endpoint. The objects (`call`, `user`) ask only for unknown values. */
  async get<O extends NamedObject, P extends PropertyName<O>>(
    object: O,
    id: ObjectId<O>,
    property: P,
    options?: CommandOptions,
  ): Promise<PropertyValue<O, P>> {
    const reply = await this.command(commands.get(object, id, property) as CommandMessage, options);
    if (reply.kind !== 'property') throw unexpected(`GET ${object} ${id} ${property}`, reply);
    return decodeProperty(object, property, reply.value);
  }

  /** Sets a property of any object. @throws ERR_INVALID_ARG for a value that the wire cannot carry; ERR_API. */
  async set<O extends NamedObject, P extends PropertyName<O>>(
    object: O,
    id: ObjectId<O>,
    property: P,
    value: PropertyValue<O, P>,
    options?: CommandOptions,
  ): Promise<void> {
    checkObjectId(object, id);
    const text = encodeProperty(object, property, value);
    await this.command(commands.set(object, id, property, text) as CommandMessage, options);
  }

  /** Sends `ALTER <object> <id> <action> [<argument>]`. */
  async alter<O extends NamedObject>(
    object: O,
    id: ObjectId<O>,
    action: ActionName<O>,
    argument = '',
    options?: CommandOptions,
  ): Promise<void> {
    await this.command(commands.alter(object, id, action, argument) as CommandMessage, options);
  }

  /** Sends `SEARCH <what> [<target>]`. */
  async search<S extends SearchName>(
    what: S,
    target = '',
    options?: CommandOptions,
  ): Promise<SearchResult<S>> {
    const reply = await this.command(commands.search(what, target), options);
    if (reply.kind !== 'list') throw unexpected(`SEARCH ${what}`, reply);
    return reply.ids as SearchResult<S>;
  }

  /**
   * Places a call to a user, a phone number (`+18005551234`) or a speed-dial code. Several targets make a conference.
   * Resolves as soon as the endpoint has made the call; follow {@link Call.states}.
   *
   * @throws ERR_API with number 34 when there is no such user, 39, 73, or 92 for a number that cannot be called;
   * ERR_INVALID_ARG for an empty target or one with a comma.
   */
  async call(target: string | readonly string[], options: CommandOptions = {}): Promise<Call> {
    const reply = await this.command(commands.call(...targetsOf('target', target)), options);
    if (reply.kind !== 'property' || reply.object !== 'CALL') throw unexpected('CALL', reply);
    return this.calls.get(reply.id);
  }

  /** Leaves a voicemail. Gives the call that does it; its statuses begin with `VM_`. @throws ERR_API 34, 110. */
  async leaveVoicemail(target: string, options: CommandOptions = {}): Promise<Call> {
    const reply = await this.command({ kind: 'call-voicemail', target: checkTarget(target) }, options);
    if (reply.kind !== 'property' || reply.object !== 'CALL') throw unexpected('CALLVOICEMAIL', reply);
    return this.calls.get(reply.id);
  }

  /** Gives the call with this id, if the endpoint has mentioned it. */
  callById(id: number): Call | undefined {
    checkArgument('id', id, ID);
    return this.calls.known(id);
  }

  /** Gives the calls with this CONF_ID. */
  conference(id: number): Conference {
    checkArgument('id', id, ID);
    return new Conference(id, () => this.calls);
  }

  /**
   * Gives the voicemail with this id, like `voicemails.get(id)`. @throws ERR_INVALID_ARG for a value that is not an id.
   */
  voicemail(id: number): Voicemail {
    return this.voicemails.get(id);
  }

  /** Gives any user by handle, like `users.get(handle)`. @throws ERR_INVALID_ARG for a handle that is not one word. */
  user(handle: string): User {
    return this.users.get(checkObjectId('USER', handle, 'handle'));
  }

  /**
   * Registers an application by its name, one word. It can connect to programs of other users that have registered the
   * same name, and they can connect to it (reference, "Application to application").
   *
   * @throws ERR_API with number 540 for an invalid name, 541 for one that is taken; ERR_INVALID_ARG, ERR_TIMEOUT,
   * ERR_ABORTED, ERR_CLOSED.
   */
  async application(name: string, options?: CommandOptions): Promise<Application> {
    return await this.applications.get(checkObjectId('APPLICATION', name, 'name')).create(options);
  }

  /**
   * Makes an entry in a menu of the endpoint. Only this client gets its clicks. The entry is made again after an outage
   * of the endpoint, and is removed when the client is closed.
   *
   * @throws ERR_API with number 536 for values that the endpoint refuses, 537 when it has no such menus;
   *   ERR_INVALID_ARG, ERR_TIMEOUT, ERR_ABORTED, ERR_CLOSED.
   */
  async menuItem(item: MenuItemOptions, options?: CommandOptions): Promise<MenuItem> {
    const parameters = menuItemParameters(item);
    return await this.menuItems.get(item.id).create(parameters, options);
  }

  /** Makes an entry in the endpoint's list of events, like {@link menuItem} in a menu. @throws as {@link menuItem} */
  async alert(alert: AlertOptions, options?: CommandOptions): Promise<Alert> {
    const parameters = alertParameters(alert);
    return await this.alerts.get(alert.id).create(parameters, options);
  }

  /** Closes the link. Calls go on. Commands that wait for an answer are rejected with ERR_CLOSED. */
  async close(): Promise<void> {
    await this.#attachment.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #take(message: EndpointMessage, heardAt: number, sentAfter: number | undefined): void {
    this.#world.take(message, heardAt, sentAfter);
    if (sentAfter === undefined) this.emit('notification', message);
  }

  #moved(state: AttachState): void {
    this.emit('state', state);
    if (state.status !== 'closed') return;
    this.#world.lose(closedError(state.error));
    this.emit('closed', state.error);
  }
}

function closedError(error: Error | undefined): Error {
  return error ?? new JackfieldError('ERR_CLOSED', 'This client is closed: attach again.');
}

function unexpected(command: string, reply: EndpointMessage): JackfieldError {
  return new JackfieldError(
    'ERR_UNEXPECTED_REPLY',
    printable(`${command} was answered with ${serialize(reply, { multiline: true })}.`),
  );
}
