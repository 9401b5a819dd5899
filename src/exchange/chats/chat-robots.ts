import { type SharedChat, type SharedChatMember, sameHandle, UNKNOWN_FACE } from './chat.js';
import type { ChatMembership } from './chat-membership.js';
import type { ChatPosting } from './chat-posting.js';
import { type ChatTable, chatName, newBlob } from './chat-table.js';

/** Starts chats on behalf of robots, which have no endpoint. */
export class ChatRobots {
  readonly #table: ChatTable;
  readonly #posting: ChatPosting;
  readonly #membership: ChatMembership;

  constructor(table: ChatTable, posting: ChatPosting, membership: ChatMembership) {
    this.#table = table;
    this.#posting = posting;
    this.#membership = membership;
  }

  /** Gives the dialog of a robot with a user, and creates it if there is none. */
  dialog(robot: string, user: string): SharedChat {
    const known = this.chatsOf(robot).find((chat) => chat.isDialog && chat.member(user));
    if (known) return known;
    const chat = this.#make(robot, chatName(robot, user), '', 'DIALOG');
    chat.put(memberOf(robot, robot, 'USER', true));
    this.#membership.enter(chat, memberOf(user, robot, 'USER', false));
    return chat;
  }

  /** Makes a multichat whose creator is the robot. */
  gather(robot: string, handles: readonly string[]): SharedChat {
    const chat = this.#make(robot, chatName(robot), newBlob(), 'MULTICHAT');
    chat.put(memberOf(robot, robot, 'CREATOR', true));
    const users = this.#membership.admit(chat, robot, handles);
    this.#posting.post(chat, robot, { type: 'CREATEDCHATWITH', users });
    return chat;
  }

  /** Lists the chats of a member, oldest first. */
  chatsOf(handle: string): SharedChat[] {
    return this.#table.allChats().filter((chat) => chat.member(handle));
  }

  #make(creator: string, name: string, blob: string, kind: 'DIALOG' | 'MULTICHAT'): SharedChat {
    return this.#table.make({ name, creator, blob, face: { ...UNKNOWN_FACE, kind } });
  }
}

function memberOf(
  handle: string,
  adder: string,
  role: SharedChatMember['role'],
  active: boolean,
): SharedChatMember {
  return { handle, adder, role, active: active || sameHandle(handle, adder) };
}
