import { MESSAGE } from '../../protocol/catalogue/message.js';
import { toVersion } from '../../protocol/versions.js';
import { Refusal } from '../api/refusal.js';
import type { FoundMessage } from '../chats/chat-view.js';
import { kindOf } from '../object/object-kind.js';
import { MESSAGE_GETTERS, messages, missed } from './chat-message-kind.js';

/**
 * The MESSAGE object. CHATMESSAGE replaced it in protocol 3; it is still answered (reference, "MESSAGE object"). For
 * clients below protocol 3, the version conversion turns MESSAGE into CHATMESSAGE.
 */
export const messageKind = kindOf<'MESSAGE', FoundMessage>({
  object: 'MESSAGE',
  find: ({ services: { chats }, user }, id) => chats.message(user, id),
  get: {
    ...MESSAGE_GETTERS,
    TYPE: (_asking, { message }) => olderType(message.type),
    CONF_ID: () => '0',
    FAILUREREASON: () => '0',
  },
  set: {
    SEEN({ services: { chats } }, found) {
      if (!chats.see(found)) throw new Refusal('unknown-what');
      return { kind: 'property', object: 'MESSAGE', id: found.id, property: 'STATUS', value: 'READ' };
    },
  },
  search: { MESSAGES: messages, MISSEDMESSAGES: missed },
});

/** The type of a message as clients of protocol 2 see it. */
function olderType(type: string): string {
  const told = toVersion(
    { kind: 'property', object: 'CHATMESSAGE', id: 0, property: 'TYPE', value: type },
    2,
  );
  return told.kind === 'property' ? told.value : MESSAGE.properties.TYPE.values[3];
}
