import type { ExchangeUser } from '../exchange-user.js';
import type { GroupFollower, SharedGroup } from '../people/shared-group.js';
import {
  type Participant,
  type SharedChat,
  type SharedChatMember,
  sameHandle,
  UNKNOWN_FACE,
} from './chat.js';
import type { ChatMembership } from './chat-membership.js';
import type { ChatPosting } from './chat-posting.js';
import { type ChatTable, chatName } from './chat-table.js';

type Sharer = SharedGroup['sharers'][number];

/**
 * The chats behind shared groups (reference, "CHAT object", TYPE SHAREDGROUP). Such a chat follows its group: the owner
 * of the group is in the chat, a user who is asked to accept it is at ACCEPT_REQUIRED, and DESCRIPTION is the group's
 * name.
 */
export class GroupChannels implements GroupFollower {
  readonly #table: ChatTable;
  readonly #posting: ChatPosting;
  readonly #membership: ChatMembership;
  readonly #chats = new Map<string, SharedChat>();
  /** Called when ACCEPTADD or LEAVE of a chat answers for its group. */
  onAnswer: GroupFollower['onAnswer'];

  constructor(table: ChatTable, posting: ChatPosting, membership: ChatMembership) {
    this.#table = table;
    this.#posting = posting;
    this.#membership = membership;
  }

  /** Updates the chat of a group to the present state of the group. */
  follow(group: SharedGroup): void {
    this.#table.change(() => {
      const chat = this.#chats.get(group.id) ?? this.#make(group);
      if (chat) this.#follow(chat, group);
    });
  }

  /** Restores the chats of groups. The chat of a group that no longer exists is closed. */
  restore(groups: readonly SharedGroup[]): void {
    for (const chat of this.#table.allChats()) {
      if (chat.face.kind === 'SHAREDGROUP') this.#chats.set(chat.state.group, chat);
    }
    const over = [...this.#chats.keys()].filter((id) => !groups.some((group) => group.id === id));
    for (const group of groups) this.follow(group);
    for (const id of over) this.follow({ id, name: '', sharers: [] });
  }

  /** Accepts or leaves the group of a chat. @returns false when there is no group to answer for. */
  answer({ chat, handle }: Participant, accepts: boolean): boolean {
    const user = this.#table.userOf(handle);
    return user !== undefined && this.onAnswer?.(user, chat.state.group, accepts) === true;
  }

  #make({ id, sharers: [first] }: SharedGroup): SharedChat | undefined {
    if (!first) return undefined;
    const { handle } = first.user;
    const face = { ...UNKNOWN_FACE, kind: 'SHAREDGROUP' } as const;
    const chat = this.#table.make({ name: chatName(handle), creator: handle, blob: '', face, group: id });
    this.#chats.set(id, chat);
    return chat;
  }

  #follow(chat: SharedChat, { name, sharers }: SharedGroup): void {
    if (name !== chat.face.description && sharers.length > 0) {
      chat.show({ description: name });
      this.#table.touch(chat);
      for (const view of this.#table.takingPart(chat)) this.#table.say(view, 'DESCRIPTION');
    }
    for (const member of chat.face.members) {
      if (!sharers.some(({ user }) => sameHandle(user.handle, member.handle)))
        this.#membership.expel(chat, member);
    }
    for (const sharer of sharers) this.#admit(chat, sharer);
    this.#posting.schedule(chat);
  }

  #admit(chat: SharedChat, { user, accepted }: Sharer): void {
    const known = chat.member(user.handle);
    const view = known && this.#table.viewOf(user.handle, chat.name);
    if (!view) {
      this.#enter(chat, user, accepted);
    } else if (accepted && !view.subscribed) {
      this.#table.stand(view, 'SUBSCRIBED');
    }
  }

  #enter(chat: SharedChat, user: ExchangeUser, accepted: boolean): void {
    const { handle } = user;
    const member: SharedChatMember = { handle, role: 'USER', active: false, adder: chat.state.creator };
    this.#membership.enter(chat, member);
    if (!accepted) this.#table.viewOf(handle, chat.name)?.change({ standing: 'ACCEPT_REQUIRED' });
    this.#membership.tellMembers(chat);
  }
}
