import { checkObjectId } from '../../protocol/commands.js';
import type { CommandSender } from '../client/command-sender.js';
import { RemoteObject } from './remote-object.js';

/** A USER object: a contact, or anyone that was heard of. Made by {@link Client.user}. */
export class User extends RemoteObject<'USER'> {
  /** @internal */
  constructor(handle: string, sender: CommandSender) {
    super('USER', checkObjectId('USER', handle, 'handle'), sender);
  }
}
