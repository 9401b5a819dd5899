import { CHAT_ROLES, type ChatRole } from '../../protocol/catalogue/chat.js';
import { Refusal } from '../api/refusal.js';
import { memberOf } from '../chats/chat.js';
import { truth } from '../chats/chat-properties.js';
import { canSetRole } from '../chats/chat-rights.js';
import type { ChatView } from '../chats/chat-view.js';
import { kindOf } from '../object/object-kind.js';

/** A member of a chat, as one user sees it. */
interface Found {
  readonly view: ChatView;
  readonly handle: string;
}

/** The CHATMEMBER object (reference, "CHATMEMBER object", "ALTER CHATMEMBER"). */
export const chatMemberKind = kindOf<'CHATMEMBER', Found>({
  object: 'CHATMEMBER',
  find: ({ services: { chats }, user }, id) => chats.table.memberById(user, id),
  get: {
    CHATNAME: (_asking, { view }) => view.chat.name,
    IDENTITY: (_asking, found) => member(found)?.handle ?? found.handle,
    ROLE: (_asking, found) => member(found)?.role ?? 'USER',
    IS_ACTIVE: (_asking, found) => truth(member(found)?.active ?? false),
  },
  set: {},
  alter: {
    SETROLETO: ({ services: { chats } }, { view, handle }, word) => chats.setRole(view, handle, roleOf(word)),
    CANSETROLETO(_asking, { view, handle }, word) {
      const role = roleOf(word);
      const other = view.chat.member(handle);
      const can = view.subscribed && other && canSetRole(view.chat.face, view.self, other, role);
      return { kind: 'altered', object: 'CHATMEMBER', action: 'CANSETROLETO', value: truth(can ?? false) };
    },
  },
});

function member({ view, handle }: Found) {
  return memberOf(view.face, handle);
}

function roleOf(word: string): ChatRole {
  const role = CHAT_ROLES.find((each) => each === word.trim().toUpperCase());
  if (!role) throw new Refusal('not-now');
  return role;
}
