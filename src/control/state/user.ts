import type { CommandSender } from '../client/command-sender.js';
import { RemoteObject } from './remote-object.js';

/** A USER object: a contact, or anyone that was heard of. Made by {@link Client.user}. */
export class User extends RemoteObject<'USER'> {
  constructor(handle: string, sender: CommandSender) {
    super('USER', handle, sender);
  }
}
