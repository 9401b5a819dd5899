import type { ExchangeUser } from '../exchange-user.js';
import { type SharedChat, sameHandle } from './chat.js';
import type { ChatView } from './chat-view.js';

/** The member of a chat that one user's CHATMEMBER object stands for. */
export interface NamedMember {
  readonly view: ChatView;
  readonly handle: string;
}

/** Index of chats and each user's view of them, by name, number and blob. */
export class ChatIndex {
  readonly #chats = new Map<string, SharedChat>();
  readonly #blobs = new Map<string, SharedChat>();
  readonly #numbered = new Map<number, SharedChat>();
  /** Views by lower-case handle, then by the chat's name. */
  readonly #views = new Map<string, Map<string, ChatView>>();
  readonly #viewsOfChat = new Map<SharedChat, Set<ChatView>>();
  readonly #viewNumbers = new Map<number, ChatView>();
  /** Members by the ids of their CHATMEMBER objects. */
  readonly #members = new Map<number, NamedMember>();

  chatOf(name: string): SharedChat | undefined {
    return this.#chats.get(name);
  }

  chatByBlob(blob: string): SharedChat | undefined {
    return this.#blobs.get(blob);
  }

  viewOf(handle: string, name: string): ChatView | undefined {
    return this.#views.get(handle.toLowerCase())?.get(name);
  }

  allChats(): SharedChat[] {
    return [...this.#chats.values()];
  }

  allViews(): ChatView[] {
    return [...this.#viewNumbers.values()];
  }

  viewByNumber(number: number): ChatView | undefined {
    return this.#viewNumbers.get(number);
  }

  /** Lists the chats of a user that their clients know, oldest first. */
  viewsOf(handle: string): ChatView[] {
    return this.allViewsOf(handle).filter(({ state }) => state.introduced);
  }

  /** Lists the chats of a user, including those that their clients do not know yet. */
  allViewsOf(handle: string): ChatView[] {
    return [...(this.#views.get(handle.toLowerCase())?.values() ?? [])];
  }

  /** Lists all users' views of a chat. */
  viewsIn(chat: SharedChat): ChatView[] {
    return [...(this.#viewsOfChat.get(chat) ?? [])];
  }

  /** Lists the views of the users who take part in a chat and whose clients know it. */
  takingPart(chat: SharedChat): ChatView[] {
    return chat.face.members.flatMap(({ handle }) => {
      const view = this.viewOf(handle, chat.name);
      return view?.subscribed && view.state.introduced ? [view] : [];
    });
  }

  /** Gives the member for the id of one of a user's CHATMEMBER objects. */
  memberById(user: ExchangeUser, id: number): NamedMember | undefined {
    const found = this.#members.get(id);
    return found?.view.user === user ? found : undefined;
  }

  /** Adds a chat. */
  add(chat: SharedChat): void {
    this.#chats.set(chat.name, chat);
    this.#numbered.set(chat.number, chat);
    if (chat.state.blob !== '') this.#blobs.set(chat.state.blob, chat);
  }

  /** Adds the blob by which others find a chat. */
  addBlob(chat: SharedChat, blob: string): void {
    this.#blobs.set(blob, chat);
  }

  chatByNumber(number: number): SharedChat | undefined {
    return this.#numbered.get(number);
  }

  /** Adds a view, and the ids of its members. */
  addView(view: ChatView): void {
    const key = view.user.handle.toLowerCase();
    const views = this.#views.get(key) ?? new Map<string, ChatView>();
    this.#views.set(key, views.set(view.chat.name, view));
    this.#viewNumbers.set(view.number, view);
    this.#viewsOfChat.set(view.chat, (this.#viewsOfChat.get(view.chat) ?? new Set()).add(view));
    for (const [lower, id] of Object.entries(view.state.memberIds)) {
      const handle = view.face.members.find((member) => sameHandle(member.handle, lower))?.handle ?? lower;
      this.#members.set(id, { view, handle });
    }
  }

  /** Adds the id of a CHATMEMBER object. */
  addMember(id: number, member: NamedMember): void {
    this.#members.set(id, member);
  }
}
