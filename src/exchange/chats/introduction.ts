import { type SharedChat, type SharedChatMember, sameHandle } from './chat.js';
import type { ChatMessageStatus, NewMessage } from './chat-message.js';
import { may, showsHistory } from './chat-rights.js';
import type { ChatTable } from './chat-table.js';
import type { ChatView } from './chat-view.js';

/** The part of the posting of messages that an introduction uses. */
interface Posting {
  catchUp(view: ChatView): void;
  note(view: ChatView, message: NewMessage, status: ChatMessageStatus): number;
  setStatus(view: ChatView, id: number, status: ChatMessageStatus): void;
}

/*
 * Orders in which a user's clients hear of a chat that is new to them. Those of the reference's examples ("CHAT CREATE",
 * "OPEN IM") have lines that captures of other releases leave out, and the other way round: both are served.
 */

/** Tells of a dialog: its maker at once, the other user when its first message comes. */
export function tellDialog(table: ChatTable, view: ChatView, made: () => void): void {
  table.say(view, 'NAME', ['ACTIVITY_TIMESTAMP', '0']);
  made();
  table.say(view, 'STATUS', 'TYPE');
  tellRole(table, view, 'USER');
  table.say(view, 'MEMBERS', 'ACTIVEMEMBERS', 'MYSTATUS', 'STATUS', 'TIMESTAMP', 'DIALOG_PARTNER');
  table.say(view, 'MEMBERS', 'FRIENDLYNAME');
}

/** Tells a user who was added to a dialog of it, without what was written there. */
export function showDialog(table: ChatTable, view: ChatView): void {
  reveal(table, view);
  tellDialog(table, view, () => {});
}

/** Tells the maker of a chat of many of it (reference, "CHAT CREATE"). */
export function tellMade(table: ChatTable, view: ChatView): void {
  const { handle } = view.user;
  table.say(view, 'NAME', ['ACTIVITY_TIMESTAMP', '0'], 'STATUS', 'TYPE', ['STATUS', 'UNSUBSCRIBED']);
  tellRole(table, view, 'USER');
  table.say(view, ['MEMBERS', handle], ['ACTIVEMEMBERS', handle], 'MYSTATUS', 'STATUS', 'TIMESTAMP');
  if (view.face.members.length > 1) table.say(view, 'MEMBERS', 'FRIENDLYNAME');
}

/** Tells a user that they were added to a chat (captured), and gives them what they may read of it. */
export function introduce(table: ChatTable, posting: Posting, view: ChatView): void {
  const { chat } = view;
  if (chat.isDialog) {
    showDialog(table, view);
    posting.catchUp(view);
    return;
  }
  reveal(table, view);
  if (chat.face.kind === 'SHAREDGROUP') {
    tellChannel(table, view);
    if (view.subscribed) posting.catchUp(view);
    return;
  }
  const role = view.self?.role ?? 'USER';
  table.say(view, 'NAME', 'STATUS', 'TYPE', 'STATUS');
  tellRole(table, view, role);
  table.say(view, 'MEMBERS', 'FRIENDLYNAME', 'ACTIVEMEMBERS', 'MYSTATUS', 'TIMESTAMP', 'ADDER', 'TOPIC');
  if (view.face.guidelines !== '') table.say(view, 'GUIDELINES');
  table.say(view, 'OPTIONS', 'STATUS');
  posting.catchUp(view);
  const saw = sees(table, posting, view, 'READ');
  posting.setStatus(view, saw, 'READ');
  for (const { handle } of chat.face.members) {
    if (isThere(chat, handle)) table.sayMember(view, handle, 'IS_ACTIVE', 'TRUE');
  }
  table.say(view, 'ACTIVEMEMBERS');
  posting.setStatus(view, saw, 'SENT');
}

/** Tells of the chat of a shared group: its owner, and the users who are asked to accept it. */
function tellChannel(table: ChatTable, view: ChatView): void {
  table.say(view, 'NAME', 'STATUS', 'TYPE', 'DESCRIPTION');
  tellRole(table, view, 'USER');
  table.say(view, 'MEMBERS', 'ACTIVEMEMBERS', 'MYSTATUS', 'STATUS', 'TIMESTAMP', 'ADDER');
}

/** Keeps that a user has seen who else is there. @returns the id of that message. */
export function sees(table: ChatTable, posting: Posting, view: ChatView, status: 'READ'): number {
  const users = view.face.members
    .map(({ handle }) => handle)
    .filter((each) => !sameHandle(each, view.user.handle));
  table.touch(view);
  return posting.note(view, { type: 'SAWMEMBERS', users }, status);
}

/** A member's client has acknowledged that they were added. */
export function activate(table: ChatTable, chat: SharedChat, handle: string): void {
  const member = chat.member(handle);
  if (!member || member.active) return;
  chat.put({ ...member, active: true });
  table.touch(chat);
}

/** Tells all others who take part that a member is active now. */
export function tellActive(table: ChatTable, chat: SharedChat, handle: string): void {
  for (const view of table.takingPart(chat)) {
    if (sameHandle(view.user.handle, handle)) continue;
    table.sayMember(view, handle, 'IS_ACTIVE', 'TRUE');
    table.say(view, 'ACTIVEMEMBERS');
  }
}

/** Gives the number of the first message that a new member may read. */
export function historyFrom(chat: SharedChat): number {
  return showsHistory(chat.face) ? chat.state.closedUpTo : chat.state.last;
}

/** Tells a user which role they have. */
export function tellRole(table: ChatTable, view: ChatView, role: SharedChatMember['role']): void {
  table.sayMember(view, view.user.handle, 'ROLE', role);
  table.say(view, ['MYROLE', role]);
}

function reveal(table: ChatTable, view: ChatView): void {
  view.change({ introduced: true, added: false });
  view.settling = false;
  table.touch(view);
}

function isThere(chat: SharedChat, handle: string): boolean {
  const member = chat.member(handle);
  return member?.active === true && may(chat.face, member, 'read');
}
