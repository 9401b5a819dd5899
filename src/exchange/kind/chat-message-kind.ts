import { isHandle, phoneNumber } from '../../switch/identity.js';
import { Refusal, taking } from '../api/refusal.js';
import { truth } from '../chats/chat-properties.js';
import { mayEdit } from '../chats/chat-rights.js';
import type { FoundMessage } from '../chats/chat-view.js';
import { type Getter, kindOf, type ObjectSearch } from '../object/object-kind.js';

/** The sender of a message, and the name by which the asking user knows the sender. */
const FROM: Getter<FoundMessage> = (_asking, { message }) => message.from;
const FROM_NAME: Getter<FoundMessage> = ({ services: { chats }, user }, { message }) =>
  chats.table.displayName(user, message.from);

/** Properties that CHATMESSAGE shares with MESSAGE, the object that it replaced. */
export const MESSAGE_GETTERS = {
  TIMESTAMP: (_asking, { message }) => String(message.at),
  PARTNER_HANDLE: FROM,
  PARTNER_DISPNAME: FROM_NAME,
  STATUS: (_asking, { status }) => status,
  BODY: (_asking, { message }) => message.body,
} as const satisfies Readonly<Record<string, Getter<FoundMessage>>>;

/** The CHATMESSAGE object (reference, "CHATMESSAGE object"). */
export const chatMessageKind = kindOf<'CHATMESSAGE', FoundMessage, 'MESSAGE'>({
  object: 'CHATMESSAGE',
  // Clients below protocol 3 ask for a MESSAGE. CHATMESSAGE also answers its properties.
  inherits: 'MESSAGE',
  find: ({ services: { chats }, user }, id) => chats.message(user, id),
  defaults: {},
  get: {
    ...MESSAGE_GETTERS,
    FROM_HANDLE: FROM,
    FROM_DISPNAME: FROM_NAME,
    TYPE: (_asking, { message }) => message.type,
    LEAVEREASON: (_asking, { message }) => message.reason,
    CHATNAME: (_asking, { view }) => view.chat.name,
    USERS: (_asking, { message }) => message.users.join(' '),
    IS_EDITABLE: (_, found) => truth(mayEdit(found)),
    EDITED_BY: (_asking, { message }) => message.editedBy,
    EDITED_TIMESTAMP: (_asking, { message }) => String(message.editedAt),
    OPTIONS: (_asking, { message }) => String(message.options),
    ROLE: (_asking, { message }) => message.role,
    CONF_ID: () => '0',
    FAILUREREASON: () => '0',
  },
  set: {
    SEEN({ services: { chats } }, found) {
      if (!chats.see(found)) throw new Refusal('unknown-what');
      return { kind: 'property', object: 'CHATMESSAGE', id: found.id, property: 'STATUS', value: 'READ' };
    },
    BODY({ services: { chats } }, found, body) {
      if (!taking('unknown-what', () => chats.edit(found, body))) throw new Refusal('unknown-what');
      return body;
    },
  },
  search: { CHATMESSAGES: messages, MISSEDCHATMESSAGES: missed },
});

/**
 * Lists the ids of all messages. With a target: the messages of the dialogs with that user, and the messages of that
 * user in other chats.
 */
export function messages(...[{ services, user }, target]: Parameters<ObjectSearch<'CHATMESSAGE'>>) {
  if (target === '') return services.chats.lists.messagesOf(user);
  if (!isHandle(target) && phoneNumber(target) === undefined) throw new Refusal('invalid-argument');
  return services.chats.lists.messagesWith(user, phoneNumber(target) ?? target);
}

/** Ids of the messages that a user has not seen. */
export function missed(...[{ services, user }]: Parameters<ObjectSearch<'CHATMESSAGE'>>) {
  return services.chats.lists.missed(user);
}
