import { checkArgument, line } from '../../base/check.js';
import { checkObjectId, commands } from '../../protocol/commands.js';
import type { CommandOptions, CommandSender } from '../client/command-sender.js';
import type { ObjectCollection } from '../state/object-collection.js';
import { asked } from '../state/remote-object.js';
import type { User } from './user.js';
import { VersionedObject } from './versioned-object.js';

/** Rule of the name of a group. */
export const GROUP_NAME = line(1, 300);
const INVITATION = line(0, 10_000);

/** A GROUP object: contacts that the user or the endpoint has grouped. Made by `client.groups`. */
export class Group extends VersionedObject<'GROUP'> {
  readonly #users: ObjectCollection<'USER', User>;

  /** @internal */
  constructor(id: number, sender: CommandSender, users: ObjectCollection<'USER', User>) {
    super('GROUP', id, sender);
    this.#users = users;
  }

  /** Gets the contacts that are in it now. */
  async users(options?: CommandOptions): Promise<User[]> {
    const handles = await this.get('USERS', asked(options));
    return handles.map((handle) => this.#users.get(handle));
  }

  /** Renames it. @throws ERR_API for a group of the endpoint's own. */
  async rename(name: string, options?: CommandOptions): Promise<void> {
    checkArgument('name', name, GROUP_NAME);
    await this.set('DISPLAYNAME', name, options);
  }

  /** Adds a contact. @throws ERR_API for a user who is not a contact. */
  async add(handle: string, options?: CommandOptions): Promise<void> {
    await this.alter('ADDUSER', checkObjectId('USER', handle, 'handle'), options);
  }

  /** Removes a user from the group, but not from the contacts. @throws ERR_API for a user who is not in it. */
  async remove(handle: string, options?: CommandOptions): Promise<void> {
    await this.alter('REMOVEUSER', checkObjectId('USER', handle, 'handle'), options);
  }

  /**
   * Shares the group with its members. Each is asked whether to accept it. Members who accept authorise one another.
   *
   * @param text Text that they read.
   * @throws ERR_API; ERR_UNSUPPORTED below protocol 6.
   */
  async share(text = '', options?: CommandOptions): Promise<void> {
    checkArgument('text', text, INVITATION);
    await this.alter('SHARE', text, options);
  }

  /** Accepts the invitation to a shared group. @throws ERR_API; ERR_UNSUPPORTED below protocol 6. */
  async accept(options?: CommandOptions): Promise<void> {
    await this.alter('ACCEPT', '', options);
  }

  /** Declines the invitation to a shared group. @throws ERR_API; ERR_UNSUPPORTED below protocol 6. */
  async decline(options?: CommandOptions): Promise<void> {
    await this.alter('DECLINE', '', options);
  }

  /** Deletes the group; its contacts stay contacts. @throws ERR_API for a group of the endpoint's own. */
  async delete(options?: CommandOptions): Promise<void> {
    await this.sender.command(commands.delete('GROUP', this.id), options);
  }
}
