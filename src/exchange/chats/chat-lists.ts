import type { ExchangeUser } from '../exchange-user.js';
import { sameHandle } from './chat.js';
import { partnerOf } from './chat-properties.js';
import type { ChatTable } from './chat-table.js';
import type { ChatView } from './chat-view.js';

/** Age up to which a chat is a recent one, in seconds. */
const RECENT_SECONDS = 14 * 86_400;

/** Lists of a user's chats and messages. */
export class ChatLists {
  readonly #table: ChatTable;

  constructor(table: ChatTable) {
    this.#table = table;
  }

  /** Lists a user's chats in which something was written of late, the newest first; none that only keeps a group alike. */
  recent(user: ExchangeUser): ChatView[] {
    const since = this.#table.now - RECENT_SECONDS;
    const at = ({ chat, face }: ChatView) => face.activity || chat.state.created;
    return this.#table
      .viewsOf(user.handle)
      .filter((view) => view.face.kind !== 'SHAREDGROUP' && at(view) >= since)
      .sort((a, b) => at(b) - at(a));
  }

  /** True for a chat with messages that its user has not seen. */
  isMissed({ number }: ChatView): boolean {
    return this.#table.store.hasUnseen(number);
  }

  /** Lists the ids of all messages of a user, oldest first. */
  messagesOf(user: ExchangeUser): number[] {
    return this.#table.store.ids(numbersOf(this.#table.allViewsOf(user.handle)), 'all');
  }

  /** Lists the ids of the messages that a user has not seen, oldest first. */
  missed(user: ExchangeUser): number[] {
    return this.#table.store.ids(numbersOf(this.#table.allViewsOf(user.handle)), 'unseen');
  }

  /** Lists the ids of a user's messages from and to another: those of their dialogs, and the user's in other chats. */
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
