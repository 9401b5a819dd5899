import type { ExchangeUser } from '../exchange-user.js';
import { sameHandle } from './chat.js';
import { partnerOf } from './chat-properties.js';
import type { ChatTable } from './chat-table.js';
import type { ChatView } from './chat-view.js';

/** Longest time since the last message of a recent chat, in seconds. */
const RECENT_SECONDS = 14 * 86_400;

/** Lists of a user's chats and messages. */
export class ChatLists {
  readonly #table: ChatTable;

  constructor(table: ChatTable) {
    this.#table = table;
  }

  /** Lists a user's recently active chats, newest first. Chats that only follow a shared group are left out. */
  recent(user: ExchangeUser): ChatView[] {
    const since = this.#table.now - RECENT_SECONDS;
    const at = ({ chat, face }: ChatView) => face.activity || chat.state.created;
    return this.#table
      .viewsOf(user.handle)
      .filter((view) => view.face.kind !== 'SHAREDGROUP' && at(view) >= since)
      .sort((a, b) => at(b) - at(a));
  }

  /** True for a chat with unseen messages. */
  isMissed({ number }: ChatView): boolean {
    return this.#table.store.hasUnseen(number);
  }

  /** Lists the ids of all messages of a user, oldest first. */
  messagesOf(user: ExchangeUser): number[] {
    return this.#table.store.ids(numbersOf(this.#table.allViewsOf(user.handle)), 'all');
  }

  /** Lists the ids of a user's unseen messages, oldest first. */
  missed(user: ExchangeUser): number[] {
    return this.#table.store.ids(numbersOf(this.#table.allViewsOf(user.handle)), 'unseen');
  }

  /**
   * Lists the ids of messages between a user and another: those of their dialogs, and those from the other in further
   * chats.
   */
  messagesWith(user: ExchangeUser, handle: string): number[] {
    const views = this.#table.allViewsOf(user.handle);
    const dialogs = views.filter(
      (view) => view.face.kind === 'DIALOG' && sameHandle(partnerOf(view), handle),
    );
    const others = views.filter(
      (view) => !dialogs.includes(view) && view.chat.face.posters.some((each) => sameHandle(each, handle)),
    );
    const { store } = this.#table;
    const ids = [
      store.ids(numbersOf(dialogs), 'all'),
      ...others.map(({ number }) => store.idsFrom(number, handle)),
    ];
    return ids.flat().sort((a, b) => a - b);
  }
}

function numbersOf(views: readonly ChatView[]): number[] {
  return views.map(({ number }) => number);
}
