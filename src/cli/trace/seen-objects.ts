import { entryOf } from '../../base/entry-of.js';
import type { TraceLine } from '../../control.js';
import { LISTS, parseReply } from '../../protocol.js';

/** Largest number of ids per object for completion. */
const MAX_SEEN = 50;

/** Object type of the ids in a property's value, by the name of the property. */
const NAMED: Readonly<Record<string, 'USER' | 'CHAT'>> = {
  ...{ PARTNER_HANDLE: 'USER', FROM_HANDLE: 'USER', IDENTITY: 'USER', DIALOG_PARTNER: 'USER', ADDER: 'USER' },
  ...{ MEMBERS: 'USER', ACTIVEMEMBERS: 'USER', POSTERS: 'USER', APPLICANTS: 'USER', USERS: 'USER' },
  ...{ EDITED_BY: 'USER', CHATNAME: 'CHAT' },
};
const LIST_OBJECTS: Readonly<Record<string, string>> = LISTS;

/** Objects in the messages of an endpoint, newest first, for completion. */
export class SeenObjects {
  readonly #ids = new Map<string, Set<string>>();

  note({ direction, line }: TraceLine): void {
    const message = direction === 'received' ? parseReply(line) : undefined;
    if (message?.kind === 'parameter' && message.parameter === 'CURRENTUSERHANDLE') {
      this.#add('USER', message.value);
    } else if (message?.kind === 'list') {
      const object = entryOf(LIST_OBJECTS, message.list);
      // The first of a list is usually the newest.
      for (const id of message.ids.slice(0, MAX_SEEN).reverse()) if (object) this.#add(object, String(id));
    } else if (message?.kind === 'property') {
      if (message.id !== undefined) this.#add(message.object, String(message.id));
      const named = entryOf(NAMED, message.property);
      if (named) for (const id of message.value.split(/[ ,]+/).slice(0, MAX_SEEN)) this.#add(named, id);
    }
  }

  of(object: string): string[] {
    return [...(this.#ids.get(object) ?? [])].reverse();
  }

  #add(object: string, id: string): void {
    if (id === '') return;
    const ids = this.#ids.get(object) ?? new Set();
    this.#ids.set(object, ids);
    ids.delete(id);
    ids.add(id);
    const [oldest] = ids;
    if (ids.size > MAX_SEEN && oldest !== undefined) ids.delete(oldest);
  }
}
