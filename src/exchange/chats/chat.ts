import { entryOf } from '../../base/entry-of.js';
import type { ChatRole } from '../../protocol/catalogue/chat.js';

/** TYPE of a chat. */
export type ChatKind = 'DIALOG' | 'MULTICHAT' | 'SHAREDGROUP';

/** A member of a chat. */
export interface SharedChatMember {
  readonly handle: string;
  readonly role: ChatRole;
  /** True once the member's client has acknowledged that they were added. */
  readonly active: boolean;
  /** Handle of the member who added them; their own when they made the chat. */
  readonly adder: string;
}

/** The parts of a chat that its members see. A member who has left keeps those of that moment. */
export interface ChatFace {
  readonly kind: ChatKind;
  readonly topic: string;
  /** The topic with its XML tags; empty for one without. */
  readonly topicXml: string;
  readonly guidelines: string;
  /** Sum of the bits of `CHAT_OPTIONS`. */
  readonly options: number;
  readonly passwordHint: string;
  /** Name of the shared group that the chat is there for; empty for others. */
  readonly description: string;
  /** Unix time of the last message that a member wrote, in seconds; 0 for none. */
  readonly activity: number;
  /** Beginning of the first message, which the title of a dialog shows. */
  readonly opening: string;
  /** Members in the order of their handles. */
  readonly members: readonly SharedChatMember[];
  /** Handles of those who have written, in their order. */
  readonly posters: readonly string[];
}

/** The face of a chat of which nothing is known yet. */
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

/** Password of a chat, as it is kept. */
export interface ChatPassword {
  readonly salt: string;
  readonly hash: string;
}

/** Everything that is kept of a chat. */
export interface ChatState {
  readonly name: string;
  readonly creator: string;
  /** Unix time in seconds. */
  readonly created: number;
  /** Word by which others find the chat; empty for a dialog. */
  readonly blob: string;
  /** CUSTOM_GROUP_ID of the shared group that the chat is there for; empty for others. */
  readonly group: string;
  readonly face: ChatFace;
  readonly password: ChatPassword | undefined;
  /** Handles, in small letters, of those who may not come back by themselves. */
  readonly banned: readonly string[];
  /** Roles of all who have been members, by handle in small letters: they may join again. */
  readonly former: Readonly<Record<string, ChatRole>>;
  /** Handles of those who wait for room, first come first. */
  readonly queue: readonly string[];
  /** Number of the newest message before which nothing is shown to those who come later. */
  readonly closedUpTo: number;
  /** Number of the newest message. */
  readonly last: number;
  /** True when the chat was disbanded. */
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

  /** Gives the member with this handle, in whatever case it is written. */
  member(handle: string): SharedChatMember | undefined {
    return memberOf(this.face, handle);
  }

  /** True for a member who may not come back without being added. */
  isBanned(handle: string): boolean {
    return this.#state.banned.includes(handle.toLowerCase());
  }

  /** Gives the last role of a former member. */
  formerRole(handle: string): ChatRole | undefined {
    return entryOf(this.#state.former, handle.toLowerCase());
  }

  /** Changes what is kept beside the face. */
  change(state: Partial<Omit<ChatState, 'face' | 'name'>>): void {
    this.#state = { ...this.#state, ...state };
  }

  /** Changes what members see. */
  show(face: Partial<ChatFace>): void {
    this.#state = { ...this.#state, face: { ...this.#state.face, ...face } };
  }

  /** Takes a member in, or in the place of the one with their handle. */
  put(member: SharedChatMember): void {
    const others = this.face.members.filter(({ handle }) => !sameHandle(handle, member.handle));
    this.show({ members: inOrder([...others, member], ({ handle }) => handle) });
  }

  /** Removes a member, who may join again unless they were never more than an applicant. */
  drop(member: SharedChatMember): void {
    this.show({ members: this.face.members.filter(({ handle }) => !sameHandle(handle, member.handle)) });
    if (member.role === 'APPLICANT') return;
    this.change({ former: { ...this.#state.former, [member.handle.toLowerCase()]: member.role } });
  }

  /** Takes a handle into a list, or out of it. */
  list(list: 'banned' | 'queue', handle: string, on: boolean): void {
    const kept = this.#state[list].filter((each) => each !== handle.toLowerCase());
    this.change({ [list]: on ? [...kept, handle.toLowerCase()] : kept });
  }

  /** Notes that a member has written. @returns false when they had before. */
  addPoster(handle: string): boolean {
    const { posters } = this.face;
    if (posters.some((each) => sameHandle(each, handle))) return false;
    this.show({ posters: inOrder([...posters, handle], (each) => each) });
    return true;
  }
}

/** The member, or user, who does something in a chat. */
export interface Participant {
  readonly chat: SharedChat;
  readonly handle: string;
}

/** Gives the member of `face` with this handle. */
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
