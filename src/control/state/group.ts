import type { CommandSender } from '../client/command-sender.js';
import { RemoteObject } from './remote-object.js';

/** A GROUP object: contacts that the user or the endpoint has put together. Made by `client.groups`. */
export class Group extends RemoteObject<'GROUP'> {
  /** @internal */
  constructor(id: number, sender: CommandSender) {
    super('GROUP', id, sender);
  }
}
