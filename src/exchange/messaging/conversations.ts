import { createHash } from 'node:crypto';
import { HttpRefusal } from '../../http/http-refusal.js';
import { CHAT_OPTIONS } from '../../protocol/catalogue/chat.js';
import { knownHandle, mriOf } from '../account/mri.js';
import type { Services } from '../api/services.js';
import { sameHandle } from '../chats/chat.js';
import { isWritten, type KeptMessage } from '../chats/chat-message.js';
import { partnerOf } from '../chats/chat-properties.js';
import type { ChatView, FoundMessage } from '../chats/chat-view.js';
import type { ExchangeUser } from '../exchange-user.js';
import { contentOf, type WebMessage, webIdOf } from './web-message.js';

/** A conversation as the messaging service shows it. */
export interface WebConversation {
  readonly id: string;
  readonly type: 'Conversation' | 'Thread';
  readonly version: number;
  readonly targetLink: string;
  readonly properties: { readonly consumptionhorizon: string; readonly isemptyconversation: string };
  readonly threadProperties?: { readonly topic: string; readonly membercount: string };
  readonly lastMessage: WebMessage | object;
  readonly messages: string;
}

/** A group chat, as the messaging service shows it. */
export interface WebThread {
  readonly id: string;
  readonly type: 'Thread';
  readonly version: number;
  readonly members: readonly {
    readonly id: string;
    readonly type: 'ThreadMember';
    readonly userLink: string;
    readonly role: 'Admin' | 'User';
  }[];
  readonly properties: Readonly<Record<string, string>>;
  readonly messages: string;
}

/** Most client ids that are remembered, each with the number of its message. */
const MAX_CLIENT_IDS = 10_000;

/** Maps the chats of the exchange to the conversations of the messaging service. */
export class Conversations {
  readonly #services: Services;
  readonly #clientIds = new Map<number, string>();
  /** Ids of threads, by the name of their chat. */
  readonly #threads = new Map<string, string>();

  constructor(services: Services) {
    this.#services = services;
  }

  /** The present time, in Unix milliseconds. */
  get now(): number {
    return Math.floor(this.#services.clock.unixMs());
  }

  /** Gives another member's view of a chat; undefined for a user who is not a member. */
  viewOf(handle: string, { chat }: ChatView): ChatView | undefined {
    const view = this.#services.chats.table.viewOf(handle, chat.name);
    return view?.subscribed && view.state.introduced ? view : undefined;
  }

  /** Id of a conversation: `8:name` for a dialog, `19:<hex>@thread.skype` for a group chat. */
  idOf(view: ChatView): string {
    return view.chat.isDialog ? mriOf(partnerOf(view)) : this.#threadId(view.chat.name);
  }

  /** Lists the chats of a user. Chats that only synchronise a shared group are left out. */
  list(user: ExchangeUser): ChatView[] {
    return this.#services.chats.list(user).filter(({ face }) => face.kind !== 'SHAREDGROUP');
  }

  /** Finds the chat with this id; undefined for a dialog that does not exist yet. @throws HttpRefusal 400, 404, 422 */
  find(user: ExchangeUser, id: string): ChatView | undefined {
    if (id.startsWith('#') || /@p2p\./i.test(id)) {
      const text = 'Peer-to-peer chats are not supported: they have no thread.';
      throw new HttpRefusal(422, 'ERR_UNSUPPORTED', text, 'an id from the list of conversations');
    }
    const views = this.list(user);
    if (/^[48]:/.test(id)) {
      const handle = id.slice(2);
      const found = views.find((view) => view.chat.isDialog && sameHandle(partnerOf(view), handle));
      if (!found) knownHandle(this.#services, id);
      return found;
    }
    const found = views.find((view) => !view.chat.isDialog && this.#threadId(view.chat.name) === id);
    if (found) return found;
    throw new HttpRefusal(
      404,
      'ERR_UNSUPPORTED',
      'The account has no such conversation.',
      '8:NAME or 19:...',
    );
  }

  /** As {@link find}, but creates a dialog that does not exist yet. */
  open(user: ExchangeUser, id: string): ChatView {
    const handle = () => knownHandle(this.#services, id);
    return this.find(user, id) ?? this.#services.chats.dialog(user, handle());
  }

  /** Sort key of a conversation in the list. It rises with each message. */
  keyOf({ number }: ChatView): number {
    const [newest] = this.#services.chats.table.store.recent(number, 0, 1);
    return newest ?? number / 1e9;
  }

  /** Lists the ids of the messages of a chat, in rising order. For a dialog, only messages that a user wrote. */
  keysIn(view: ChatView): readonly number[] {
    return this.#services.chats.table.store.ids([view.number], view.chat.isDialog ? 'said' : 'all');
  }

  /** True for a message that web clients are shown. Messages that a dialog generates itself are not shown. */
  isShown({ chat }: ChatView, { type }: KeptMessage): boolean {
    return !chat.isDialog || isWritten(type);
  }

  message(user: ExchangeUser, id: number): FoundMessage | undefined {
    return this.#services.chats.message(user, id);
  }

  /** Finds a message by its id in the messaging service. */
  findMessage(view: ChatView, webId: string): FoundMessage | undefined {
    if (!/^\d{10,16}$/.test(webId)) return undefined;
    const second = Math.floor(Number(webId) / 1000);
    for (const id of [...this.keysIn(view)].reverse()) {
      const found = this.message(view.user, id);
      if (!found || found.message.at < second) return undefined;
      if (webIdOf(found.message) === webId) return found;
    }
    return undefined;
  }

  /** Remembers the id that a client gave to a message. */
  noteClientId(message: KeptMessage, clientId: string): void {
    this.#clientIds.set(message.seq, clientId);
    const [oldest] = this.#clientIds.keys();
    if (oldest !== undefined && this.#clientIds.size > MAX_CLIENT_IDS) this.#clientIds.delete(oldest);
  }

  /** Finds the message to which the user's client gave this id. */
  byClientId(view: ChatView, clientId: string): FoundMessage | undefined {
    for (const id of [...this.keysIn(view)].reverse().slice(0, 1000)) {
      const found = this.message(view.user, id);
      if (found && this.#clientIds.get(found.message.seq) === clientId) return found;
    }
    return undefined;
  }

  showMessage(view: ChatView, message: KeptMessage, base: string): WebMessage {
    const id = webIdOf(message);
    const time = new Date(Number(id)).toISOString();
    const clientId = this.#clientIds.get(message.seq);
    const edited = new Date(message.editedAt * 1000).getTime();
    const isGone = message.body === '' && message.type === 'SAID';
    return {
      id,
      type: 'Message',
      ...contentOf(message),
      from: `${base}/users/ME/contacts/${mriOf(message.from)}`,
      imdisplayname: this.#services.chats.table.displayName(view.user, message.from),
      composetime: time,
      originalarrivaltime: time,
      version: String(message.editedAt > 0 ? edited : Number(id)),
      conversationLink: `${base}/users/ME/conversations/${this.idOf(view)}`,
      ...(clientId !== undefined && { clientmessageid: clientId }),
      ...(message.editedAt > 0 && {
        skypeeditedid: clientId ?? id,
        properties: isGone ? { deletetime: String(edited) } : { edittime: String(edited) },
      }),
    };
  }

  show(view: ChatView, base: string): WebConversation {
    const id = this.idOf(view);
    const [newest] = this.#services.chats.table.store.recent(view.number, 0, 1);
    const found = newest === undefined ? undefined : this.message(view.user, newest)?.message;
    const last = found && this.isShown(view, found) ? found : undefined;
    const { face } = view;
    return {
      id,
      type: view.chat.isDialog ? 'Conversation' : 'Thread',
      version: last ? Number(webIdOf(last)) : view.chat.state.created * 1000,
      targetLink: view.chat.isDialog ? `${base}/users/ME/contacts/${id}` : `${base}/threads/${id}`,
      properties: {
        consumptionhorizon: this.#horizonOf(view),
        isemptyconversation: last ? 'False' : 'True',
      },
      ...(!view.chat.isDialog && {
        threadProperties: { topic: face.topic, membercount: String(face.members.length) },
      }),
      lastMessage: last ? this.showMessage(view, last, base) : {},
      messages: `${base}/users/ME/conversations/${id}/messages`,
    };
  }

  /** Shows a group chat as a thread. */
  showThread(view: ChatView, base: string): WebThread {
    const id = this.idOf(view);
    const { face } = view;
    const { creator } = view.chat.state;
    const has = (option: keyof typeof CHAT_OPTIONS) => String((face.options & CHAT_OPTIONS[option]) !== 0);
    return {
      id,
      type: 'Thread',
      version: view.chat.state.last,
      members: face.members.map(({ handle, role }) => ({
        id: mriOf(handle),
        type: 'ThreadMember',
        userLink: `${base}/users/${mriOf(handle)}`,
        role: role === 'CREATOR' || role === 'MASTER' ? 'Admin' : 'User',
      })),
      properties: {
        topic: face.topic,
        creator: mriOf(creator),
        createdat: String(view.chat.state.created * 1000),
        joiningenabled: has('JOINING_ENABLED'),
        historydisclosed: has('HISTORY_DISCLOSED'),
        moderatedthread: has('USERS_ARE_LISTENERS'),
        picture: '',
      },
      messages: `${base}/users/ME/conversations/${id}/messages`,
    };
  }

  /** Marks the messages up to this id as seen. */
  seeUpTo(view: ChatView, webId: number): void {
    const { chats } = this.#services;
    for (const id of chats.table.store.ids([view.number], 'unseen')) {
      const found = this.message(view.user, id);
      if (found && Number(webIdOf(found.message)) <= webId) chats.see(found);
    }
  }

  /** Writes the consumption horizon: the id of the newest message that was seen, three times. */
  #horizonOf(view: ChatView): string {
    const unseen = new Set(this.#services.chats.table.store.ids([view.number], 'unseen'));
    const seen = [...this.keysIn(view)].reverse().find((id) => !unseen.has(id));
    const message = seen === undefined ? undefined : this.message(view.user, seen)?.message;
    const id = message ? webIdOf(message) : '0';
    return `${id};${id};${id}`;
  }

  #threadId(name: string): string {
    const known = this.#threads.get(name);
    if (known !== undefined) return known;
    const id = `19:${createHash('sha256').update(name).digest('hex').slice(0, 32)}@thread.skype`;
    this.#threads.set(name, id);
    return id;
  }
}
