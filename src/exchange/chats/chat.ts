import { entryOf } from '../../base/entry-of.js';
import type { ChatRole } from '../../protocol/catalogue/chat.js';

/** TYPE of a chat. */
export type ChatKind = 'DIALOG' | 'MULTICHAT' | 'SHAREDGROUP';

/** A member of a chat. */
export interface SharedChatMember {
  readonly handle: string;
  readonly role: ChatRole;
  /** True once the member's client has acknowledged that the member was added. */
  readonly active: boolean;
  /** Handle of the member who added this one; its own for the creator. */
  readonly adder: string;
}

/** The parts of a chat that its members see. A member who leaves keeps them as they were then. */
export interface ChatFace {
  readonly kind: ChatKind;
  readonly topic: string;
  /** The topic with its XML tags; empty without tags. */
  readonly topicXml: string;
  readonly guidelines: string;
  /** Sum of the bits of `CHAT_OPTIONS`. */
  readonly options: number;
  readonly passwordHint: string;
  /** Name of the chat's shared group; empty for other chats. */
  readonly description: string;
  /** Unix time of the last message that a member wrote, in seconds; 0 for none. */
  readonly activity: number;
  /** Beginning of the first message, which the title of a dialog shows. */
  readonly opening: string;
  /** Members in the order of their handles. */
  readonly members: readonly SharedChatMember[];
  /** Handles of members who have written, in the order of their first message. */
  readonly posters: readonly string[];
}

/** Face of a chat about which nothing is known yet. */
export const UNKNOWN_FACE: ChatFace = Object.freeze({
  kind: 'MULTICHAT',
  topic: '',
  topicXml: '',
  guidelines: '',
  options: 0,
  passwordHint: '',
  description: '',
  activity: 0,
  opening: '',
  members: [],
  posters: [],
});

/** Stored password of a chat. */
export interface ChatPassword {
  readonly salt: string;
  readonly hash: string;
}

/** Stored state of a chat. */
export interface ChatState {
  readonly name: string;
  readonly creator: string;
  /** Unix time in seconds. */
  readonly created: number;
  /** Blob by which others find the chat; empty for a dialog. */
  readonly blob: string;
  /** CUSTOM_GROUP_ID of the chat's shared group; empty for other chats. */
  readonly group: string;
  readonly face: ChatFace;
  readonly password: ChatPassword | undefined;
  /** Lower-case handles of members who may not rejoin without being added. */
  readonly banned: readonly string[];
  /** Last roles of former members, who may join again, by lower-case handle. */
  readonly former: Readonly<Record<string, ChatRole>>;
  /** Handles of users who wait for room, in the order of their arrival. */
  readonly queue: readonly string[];
  /** Number of the message up to which history is hidden from new members. */
  readonly closedUpTo: number;
  /** Number of the newest message. */
  readonly last: number;
  /** True once the chat was disbanded. */
  readonly over: boolean;
}

/** A conversation that its members share. */
export class SharedChat {
  /** Number under which the chat is stored. */
  readonly number: number;
  #state: ChatState;

  constructor(number: number, state: ChatState) {
    this.number = number;
    this.#state = state;
  }

  get state(): ChatState {
    return this.#state;
  }

  get name(): string {
    return this.#state.name;
  }

  get face(): ChatFace {
    return this.#state.face;
  }

  get isDialog(): boolean {
    return this.face.kind === 'DIALOG';
  }

  /** Gives the member with this handle, in any case. */
  member(handle: string): SharedChatMember | undefined {
    return memberOf(this.face, handle);
  }

  /** True for a former member who may not rejoin without being added. */
  isBanned(handle: string): boolean {
    return this.#state.banned.includes(handle.toLowerCase());
  }

  /** Gives the last role of a former member. */
  formerRole(handle: string): ChatRole | undefined {
    return entryOf(this.#state.former, handle.toLowerCase());
  }

  /** Changes stored state other than the face. */
  change(state: Partial<Omit<ChatState, 'face' | 'name'>>): void {
    this.#state = { ...this.#state, ...state };
  }

  /** Changes the face. */
  show(face: Partial<ChatFace>): void {
    this.#state = { ...this.#state, face: { ...this.#state.face, ...face } };
  }

  /** Adds a member, or replaces the one with the same handle. */
  put(member: SharedChatMember): void {
    const others = this.face.members.filter(({ handle }) => !sameHandle(handle, member.handle));
    this.show({ members: inOrder([...others, member], ({ handle }) => handle) });
  }

  /** Removes a member. The role is kept for a later join, except that of an applicant. */
  drop(member: SharedChatMember): void {
    this.show({ members: this.face.members.filter(({ handle }) => !sameHandle(handle, member.handle)) });
    if (member.role === 'APPLICANT') return;
    this.change({ former: { ...this.#state.former, [member.handle.toLowerCase()]: member.role } });
  }

  /** Adds a handle to a list, or removes it. */
  list(list: 'banned' | 'queue', handle: string, on: boolean): void {
    const kept = this.#state[list].filter((each) => each !== handle.toLowerCase());
    this.change({ [list]: on ? [...kept, handle.toLowerCase()] : kept });
  }

  /** Records that a member has written. @returns false when that was recorded before. */
  addPoster(handle: string): boolean {
    const { posters } = this.face;
    if (posters.some((each) => sameHandle(each, handle))) return false;
    this.show({ posters: inOrder([...posters, handle], (each) => each) });
    return true;
  }
}

/** A chat and the handle of the member or user who acts in it. */
export interface Participant {
  readonly chat: SharedChat;
  readonly handle: string;
}

/** Gives the member of `face` with this handle, in any case. */
export function memberOf(face: ChatFace, handle: string): SharedChatMember | undefined {
  return face.members.find((member) => sameHandle(member.handle, handle));
}

/** True for two spellings of one handle. */
export function sameHandle(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

function inOrder<T>(items: readonly T[], handleOf: (item: T) => string): T[] {
  const key = (item: T) => handleOf(item).toLowerCase();
  return [...items].sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
}
