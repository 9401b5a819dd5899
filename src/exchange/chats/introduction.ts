import { type SharedChat, type SharedChatMember, sameHandle } from './chat.js';
import type { ChatMessageStatus, NewMessage } from './chat-message.js';
import { may, showsHistory } from './chat-rights.js';
import type { ChatTable } from './chat-table.js';
import type { ChatView } from './chat-view.js';

/** The part of message posting that an introduction uses. */
interface Posting {
  catchUp(view: ChatView): void;
  note(view: ChatView, message: NewMessage, status: ChatMessageStatus): number;
  setStatus(view: ChatView, id: number, status: ChatMessageStatus): void;
}

/*
 * Orders of the notifications about a new chat. The reference's examples ("CHAT CREATE", "OPEN IM") and captures of
 * other releases each have lines that the other lacks. The orders here contain the lines of both.
 */

/** Notifies of a dialog: its creator at once, the other user with the first message. */
export function tellDialog(table: ChatTable, view: ChatView, made: () => void): void {
  table.say(view, 'NAME', ['ACTIVITY_TIMESTAMP', '0']);
  made();
  table.say(view, 'STATUS', 'TYPE');
  tellRole(table, view, 'USER');
  table.say(view, 'MEMBERS', 'ACTIVEMEMBERS', 'MYSTATUS', 'STATUS', 'TIMESTAMP', 'DIALOG_PARTNER');
  table.say(view, 'MEMBERS', 'FRIENDLYNAME');
}

/** Notifies a user of a dialog without delivering its messages. */
export function showDialog(table: ChatTable, view: ChatView): void {
  reveal(table, view);
  tellDialog(table, view, () => {});
}

/** Notifies the creator of a multichat (reference, "CHAT CREATE"). */
export function tellMade(table: ChatTable, view: ChatView): void {
  const { handle } = view.user;
  table.say(view, 'NAME', ['ACTIVITY_TIMESTAMP', '0'], 'STATUS', 'TYPE', ['STATUS', 'UNSUBSCRIBED']);
  tellRole(table, view, 'USER');
  table.say(view, ['MEMBERS', handle], ['ACTIVEMEMBERS', handle], 'MYSTATUS', 'STATUS', 'TIMESTAMP');
  if (view.face.members.length > 1) table.say(view, 'MEMBERS', 'FRIENDLYNAME');
}

/** Notifies a user who was added to a chat (order as captured), and delivers the messages that they may read. */
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

/** Notifies the owner of a shared group, or a user who is asked to accept it, of the group's chat. */
function tellChannel(table: ChatTable, view: ChatView): void {
  table.say(view, 'NAME', 'STATUS', 'TYPE', 'DESCRIPTION');
  tellRole(table, view, 'USER');
  table.say(view, 'MEMBERS', 'ACTIVEMEMBERS', 'MYSTATUS', 'STATUS', 'TIMESTAMP', 'ADDER');
}

/** Adds the SAWMEMBERS message to a user's view. @returns its id. */
export function sees(table: ChatTable, posting: Posting, view: ChatView, status: 'READ'): number {
  const users = view.face.members
    .map(({ handle }) => handle)
    .filter((each) => !sameHandle(each, view.user.handle));
  table.touch(view);
  return posting.note(view, { type: 'SAWMEMBERS', users }, status);
}

/** Marks a member as active, once its client has acknowledged that it was added. */
export function activate(table: ChatTable, chat: SharedChat, handle: string): void {
  const member = chat.member(handle);
  if (!member || member.active) return;
  chat.put({ ...member, active: true });
  table.touch(chat);
}

/** Notifies all others who take part that a member is active. */
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

/** Notifies a user of their role. */
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
