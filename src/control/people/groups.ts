import { checkArgument } from '../../base/check.js';
import { JackfieldError } from '../../base/errors.js';
import { checkWait } from '../../base/wait.js';
import { P5 } from '../../protocol/catalogue/spec.js';
import { commands } from '../../protocol/commands.js';
import type { CommandOptions, CommandSender } from '../client/command-sender.js';
import { ObjectCollection } from '../state/object-collection.js';
import { GROUP_NAME, Group } from './group.js';
import type { User } from './user.js';
import { requireVersion } from './versioned-object.js';

/** The known groups of contacts of a client: `client.groups`. */
export class Groups extends ObjectCollection<'GROUP', Group> {
  readonly #sender: CommandSender;
  /**
   * Settles when the newest group is made. Groups are made one after the other, since the answer does not name the
   * group.
   */
  #making: Promise<unknown> = Promise.resolve();

  /** Used by the client. @internal */
  constructor(sender: CommandSender, users: ObjectCollection<'USER', User>) {
    super({ object: 'GROUP', make: (id) => new Group(id, sender, users) }, sender);
    this.#sender = sender;
  }

  /** Lists the groups that the user has made. @throws ERR_API, ERR_TIMEOUT, ERR_ABORTED, ERR_CLOSED. */
  async custom(options?: CommandOptions): Promise<Group[]> {
    return await this.search('GROUPS', 'CUSTOM', options);
  }

  /**
   * Makes an empty group with this name.
   *
   * @throws ERR_API 536, 537; ERR_UNEXPECTED_REPLY when the endpoint reports success and has no such group;
   * ERR_UNSUPPORTED below protocol 5; ERR_INVALID_ARG.
   */
  async create(name: string, options: CommandOptions = {}): Promise<Group> {
    checkArgument('name', name, GROUP_NAME);
    checkWait(options);
    requireVersion(this.#sender, P5, 'CREATE GROUP');
    const made = this.#making.then(() => this.#create(name, options));
    this.#making = made.catch(() => undefined);
    return await made;
  }

  async #create(name: string, options: CommandOptions): Promise<Group> {
    const before = new Set(await this.custom(options));
    await this.#sender.command(commands.create('GROUP', name), options);
    for (const group of await this.custom(options)) {
      if (!before.has(group) && (await group.get('DISPLAYNAME', options)) === name) return group;
    }
    throw new JackfieldError(
      'ERR_UNEXPECTED_REPLY',
      `The endpoint reported that it created the group ${JSON.stringify(name)}, but it lists no group of that name.`,
    );
  }
}
