import { CHAT_OPTIONS, type ChatRole } from '../../protocol/catalogue/chat.js';
import { type ChatFace, type ChatKind, type SharedChatMember, sameHandle } from './chat.js';
import type { FoundMessage } from './chat-view.js';

/** Rights that a member of a chat may have. */
export type ChatRight =
  | 'read'
  | 'write'
  | 'set-topic'
  | 'add-members'
  /** Changes options, password and guidelines, decides on applicants, kicks and bans members of a lower rank. */
  | 'administer'
  /** Edits messages of others. */
  | 'edit-others'
  | 'disband';

/**
 * Rights of each role (reference, "CHAT ROLES"), from the highest rank to the lowest. A member can kick, edit messages
 * of, and change the role of, only members of a lower `rank`.
 */
export const ROLE_RIGHTS: Readonly<
  Record<ChatRole, { readonly rank: number; readonly rights: readonly ChatRight[] }>
> = {
  CREATOR: {
    rank: 5,
    rights: ['read', 'write', 'set-topic', 'add-members', 'administer', 'edit-others', 'disband'],
  },
  MASTER: { rank: 4, rights: ['read', 'write', 'set-topic', 'add-members', 'administer', 'edit-others'] },
  HELPER: { rank: 3, rights: ['read', 'write', 'set-topic', 'add-members'] },
  USER: { rank: 2, rights: ['read', 'write', 'set-topic', 'add-members'] },
  LISTENER: { rank: 1, rights: ['read'] },
  APPLICANT: { rank: 0, rights: [] },
};

/** Rights that an option takes from a role (reference, "ALTER CHAT SETOPTIONS"). */
const TAKEN: readonly { readonly option: number; readonly role: ChatRole; readonly right: ChatRight }[] = [
  { option: CHAT_OPTIONS.USERS_ARE_LISTENERS, role: 'USER', right: 'write' },
  { option: CHAT_OPTIONS.TOPIC_AND_PIC_LOCKED_FOR_USERS, role: 'USER', right: 'set-topic' },
];

/** Rights that no member has in a chat of this kind. A chat of a shared group is changed by changing the group. */
const WITHHELD: Readonly<Partial<Record<ChatKind, readonly ChatRight[]>>> = {
  SHAREDGROUP: ['add-members', 'set-topic'],
};

/** True when an option of the chat is on. */
export function hasOption(face: Pick<ChatFace, 'options'>, option: keyof typeof CHAT_OPTIONS): boolean {
  return (face.options & CHAT_OPTIONS[option]) !== 0;
}

/** True when a member has a right. Both members of a dialog have the same rights; neither can administer it. */
export function may(face: ChatFace, member: SharedChatMember | undefined, right: ChatRight): boolean {
  if (!member || !ROLE_RIGHTS[member.role].rights.includes(right)) return false;
  if (WITHHELD[face.kind]?.includes(right)) return false;
  return !TAKEN.some(
    (taken) => taken.right === right && taken.role === member.role && (face.options & taken.option) !== 0,
  );
}

/** True for a message whose text the user of the view may change (reference, "SET CHATMESSAGE BODY"). */
export function mayEdit({ view, message }: Pick<FoundMessage, 'view' | 'message'>): boolean {
  const { chat, self, user } = view;
  if (message.type !== 'SAID' || !view.subscribed || !may(chat.face, self, 'write')) return false;
  if (sameHandle(message.from, user.handle)) return true;
  if (!may(chat.face, self, 'edit-others') || chat.isDialog) return false;
  return self?.role === 'CREATOR' || !sameHandle(message.from, chat.state.creator);
}

/** True when `by` has a higher rank than `other`. */
export function outranks(by: SharedChatMember, other: SharedChatMember): boolean {
  return ROLE_RIGHTS[by.role].rank > ROLE_RIGHTS[other.role].rank;
}

/**
 * True when `by` may give `other` a role (reference, "ALTER CHATMEMBER SETROLETO"). Members who can administer the chat
 * may do so, for members of a lower rank than their own, with roles of a lower rank than their own. There is one
 * creator, and nobody becomes an applicant again. In a chat where users only listen, nobody is made a listener.
 */
export function canSetRole(
  face: ChatFace,
  by: SharedChatMember | undefined,
  other: SharedChatMember,
  role: ChatRole,
): boolean {
  if (face.kind === 'DIALOG' || !by || !may(face, by, 'administer') || !outranks(by, other)) return false;
  if (role === 'CREATOR' || role === 'APPLICANT') return false;
  if (ROLE_RIGHTS[role].rank >= ROLE_RIGHTS[by.role].rank) return false;
  return !(role === 'LISTENER' && hasOption(face, 'USERS_ARE_LISTENERS'));
}

/** Gives the role of a user who joins without being added. */
export function joinersRole(face: ChatFace): ChatRole {
  if (hasOption(face, 'JOINERS_BECOME_APPLICANTS')) return 'APPLICANT';
  return hasOption(face, 'JOINERS_BECOME_LISTENERS') ? 'LISTENER' : 'USER';
}

/**
 * True when new members can see earlier messages. By the reference that is so when the bit is off, in spite of its name
 * ("HISTORY_DISCLOSED - when this bit is off, newly joined members can see chat history").
 */
export function showsHistory(face: ChatFace): boolean {
  return !hasOption(face, 'HISTORY_DISCLOSED');
}
