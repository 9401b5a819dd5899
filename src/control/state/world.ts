import { JackfieldError } from '../../base/errors.js';
import type { Clock } from '../../base/time/clock.js';
import { ApiError } from '../../protocol/api-error.js';
import { commands, type NamedObject } from '../../protocol/commands.js';
import type { EndpointMessage, ObjectId, ObjectName } from '../../protocol/message.js';
import { isTerminalCallStatus } from '../../protocol/status/call-status.js';
import { Call } from '../call/call.js';
import { CallWatch } from '../call/call-watch.js';
import { Voicemail } from '../call/voicemail.js';
import type { CommandSender } from '../client/command-sender.js';
import { Chats } from '../people/chats.js';
import { Contacts } from '../people/contacts.js';
import { Groups } from '../people/groups.js';
import { User } from '../people/user.js';
import { Alert } from './alert.js';
import { Application } from './application.js';
import { FileTransfer } from './file-transfer.js';
import { MenuItem } from './menu-item.js';
import { ObjectCollection, type PropertyNews } from './object-collection.js';
import { Parameters } from './parameters.js';
import { Profile } from './profile.js';
import type { Sms } from './sms.js';
import { SmsCollection } from './sms-collection.js';

/** A collection of any kind. Its callers give it only ids of its own kind. */
interface AnyCollection {
  take(news: PropertyNews<ObjectId<NamedObject>>): void;
  remove(id: ObjectId<NamedObject>): void;
  forget(): void;
  lose(error: Error): void;
}

/** The known objects of an endpoint. */
export class World {
  readonly calls: ObjectCollection<'CALL', Call>;
  readonly voicemails: ObjectCollection<'VOICEMAIL', Voicemail>;
  readonly users: ObjectCollection<'USER', User>;
  readonly contacts: Contacts;
  readonly groups: Groups;
  readonly chats: Chats;
  readonly applications: ObjectCollection<'APPLICATION', Application>;
  readonly menuItems: ObjectCollection<'MENU_ITEM', MenuItem>;
  readonly alerts: ObjectCollection<'EVENT', Alert>;
  readonly sms: SmsCollection;
  readonly transfers: ObjectCollection<'FILETRANSFER', FileTransfer>;
  readonly profile: Profile;
  readonly parameters: Parameters;
  readonly #collections: ReadonlyMap<ObjectName, AnyCollection>;
  readonly #sender: CommandSender;
  readonly #watch: CallWatch;

  constructor(
    sender: CommandSender,
    { clock, callCheckMs }: { readonly clock: Clock; readonly callCheckMs: number },
  ) {
    this.#sender = sender;
    this.#watch = new CallWatch(clock, callCheckMs, () => this.calls);
    const watched = (call: Call) => void (call.over || this.#watch.start());
    const call = (id: number) => new Call(id, sender, clock);
    const voicemail = (id: number) => new Voicemail(id, sender, clock);
    const user = (handle: string) => new User(handle, sender);
    const begins = (property: string, value: string) => property === 'STATUS' && !isTerminalCallStatus(value);
    this.calls = new ObjectCollection({ object: 'CALL', make: call, heard: watched, begins }, sender);
    this.voicemails = new ObjectCollection({ object: 'VOICEMAIL', make: voicemail }, sender);
    const heard: Contacts['heard'] = (...what) => this.contacts.heard(...what);
    this.users = new ObjectCollection({ object: 'USER', make: user, heard }, sender);
    this.groups = new Groups(sender, this.users);
    this.contacts = new Contacts(this.users, this.groups);
    const application = (name: string) => new Application(name, sender, clock);
    this.applications = new ObjectCollection({ object: 'APPLICATION', make: application }, sender);
    const menuItem = (id: string) => new MenuItem(id, sender, clock);
    this.menuItems = new ObjectCollection({ object: 'MENU_ITEM', make: menuItem }, sender);
    const alert = (id: string) => new Alert(id, sender, clock);
    this.alerts = new ObjectCollection({ object: 'EVENT', make: alert }, sender);
    this.sms = new SmsCollection(sender, clock);
    const transfer = (id: number) => new FileTransfer(id, sender, clock);
    this.transfers = new ObjectCollection({ object: 'FILETRANSFER', make: transfer }, sender);
    this.profile = new Profile(sender);
    this.parameters = new Parameters(sender);
    this.chats = new Chats(sender, clock, this.parameters);
    this.#collections = new Map<ObjectName, AnyCollection>([
      ['CALL', this.calls],
      ['VOICEMAIL', this.voicemails],
      ['USER', this.users],
      ['GROUP', this.groups],
      ['CHAT', this.chats],
      ['CHATMEMBER', this.chats.members],
      ['CHATMESSAGE', this.chats.messages],
      // Name of CHATMESSAGE below protocol 3, and of a few notifications of every version.
      ['MESSAGE', this.chats.messages],
      ['APPLICATION', this.applications],
      ['SMS', this.sms],
      ['FILETRANSFER', this.transfers],
      ['MENU_ITEM', this.menuItems],
      ['EVENT', this.alerts],
    ]);
  }

  /**
   * Takes a message of the endpoint.
   *
   * @param heardAt Number of messages received, including this one.
   * @param sentAfter For an answer: number of messages received before its command was sent.
   */
  take(message: EndpointMessage, heardAt: number, sentAfter: number | undefined): void {
    switch (message.kind) {
      case 'parameter':
        this.parameters.take(message.parameter, message.value, heardAt, sentAfter);
        break;
      case 'property': {
        const { object, id, property, value } = message;
        if (id === undefined) this.profile.take(property, value, heardAt, sentAfter);
        else this.#collections.get(object)?.take({ id, property, value, heardAt, sentAfter });
        break;
      }
      case 'deleted':
        if (message.id !== undefined) this.#collections.get(message.object)?.remove(message.id);
        break;
      default:
    }
  }

  /** Updates everything after an outage of the endpoint. @throws the link's errors. */
  async resynchronise(): Promise<void> {
    for (const each of [this.profile, this.parameters, ...this.#collections.values()]) each.forget();
    this.calls.freeIds();
    const ownObjects = [...this.applications, ...this.menuItems, ...this.alerts];
    await Promise.all(ownObjects.map((own) => own.revive()));
    const kept = [...this.calls, ...this.voicemails, ...this.sms, ...this.transfers];
    const active = await this.#sender.command(commands.search('ACTIVECALLS'));
    const ids = active.kind === 'list' && active.list === 'CALLS' ? active.ids : [];
    // The answer about an unknown object makes it known, like a notification.
    const begun = ids
      .filter((id) => this.calls.known(id)?.over !== false)
      .map((id) => commands.get('CALL', id, 'STATUS'));
    await Promise.all([
      ...kept.map((object) => this.#revive(object)),
      ...begun.map((command) => this.#sender.command(command).catch(ignoreApiError)),
    ]);
    this.calls.freeIds();
    await this.chats.resume();
  }

  /** Tells all objects that no more news will come. */
  lose(error: Error): void {
    this.#watch.stop();
    for (const collection of new Set(this.#collections.values())) collection.lose(error);
  }

  /** Asks for the state of an object. One that the endpoint does not know any more is lost. */
  async #revive(object: Call | Voicemail | Sms | FileTransfer): Promise<void> {
    try {
      await object.text('STATUS');
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      object.lose(
        new JackfieldError(
          'ERR_CLOSED',
          `The endpoint no longer has ${object.object} ${object.id} after reconnecting (${error.message}).`,
          { cause: error },
        ),
      );
    }
  }
}

/** Ignores an error of the API: a call can end between two commands. */
function ignoreApiError(error: unknown): void {
  if (!(error instanceof ApiError)) throw error;
}
