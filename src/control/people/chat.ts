import {
  checkArgument,
  checkOptions,
  either,
  flag,
  line,
  listOf,
  nested,
  type Rules,
  rule,
  whole,
  words,
} from '../../base/check.js';
import { checkWait, WAIT_RULES } from '../../base/wait.js';
import { CHAT_OPTIONS, type ChatOption } from '../../protocol/catalogue/chat.js';
import { checkObjectId } from '../../protocol/commands.js';
import { targetsOf } from '../call/target.js';
import type { CommandOptions, CommandSender } from '../client/command-sender.js';
import { asked } from '../state/remote-object.js';
import type { ChatMember } from './chat-member.js';
import { type ChatMessage, MESSAGE_TEXT, type MessageContent } from './chat-message.js';
import { type ChatOptionChanges, chatOptionsOf, withChatOptions } from './chat-options.js';
import type { ChatParts } from './chat-parts.js';
import { awaitMembership } from './membership.js';
import type { MessagesOptions } from './message-reader.js';
import { checkSend, type SendOptions, sendToChat } from './send-message.js';
import { VersionedObject } from './versioned-object.js';

/** Options of {@link Chat.history}. */
export interface ChatHistoryOptions extends CommandOptions {
  /** Messages of a page, 1 to 100. Default 50. */
  readonly pageSize?: number;
  /** End at which reading begins. Default `newest`. */
  readonly from?: 'newest' | 'oldest';
}

/** Options of {@link Chat.join}. */
export interface ChatJoinOptions extends CommandOptions {
  /** Password for a chat that asks for one. Default: none; such a chat is then not joined. */
  readonly password?: string;
}

const HISTORY_RULES: Rules<ChatHistoryOptions> = {
  ...WAIT_RULES,
  pageSize: whole(1, 100, 'messages'),
  from: rule("'newest' or 'oldest'", (value) => value === 'newest' || value === 'oldest'),
};
const PASSWORD = rule(
  'one word without spaces',
  (value) => typeof value === 'string' && /^[^\s\0]+$/.test(value),
);
/** The rules of {@link ChatJoinOptions}. */
export const JOIN_RULES: Rules<ChatJoinOptions> = { ...WAIT_RULES, password: PASSWORD };
const CHANGES = nested<ChatOptionChanges>(
  Object.fromEntries(Object.keys(CHAT_OPTIONS).map((name) => [name, flag])) as Rules<ChatOptionChanges>,
);
const LINE = line(0, 100_000);
const HANDLES = either(words, listOf(words, 1));

/** A CHAT object, kept up to date by the endpoint's notifications. Made by `client.chats`. */
export class Chat extends VersionedObject<'CHAT'> {
  readonly #parts: ChatParts;

  /** @internal */
  constructor(id: string, sender: CommandSender, parts: ChatParts) {
    super('CHAT', id, sender);
    this.#parts = parts;
  }

  override get idle(): boolean {
    return this.listenerCount('property') === 0;
  }

  /**
   * Sends a message. Resolves to the message when it is SENT. The text may have several lines if the transport supports
   * them: D-Bus, X11, the messages of Windows and macOS, TCP with an exchange of Jackfield.
   *
   * @param options.timeoutMs Longest wait until it is sent, in milliseconds. Default 30,000.
   * @throws ERR_CHAT_REFUSED (a {@link ChatRefusedError}, with the reason) when it cannot be sent. ERR_TIMEOUT (a
   * {@link MessageWaitsError}, with the message) when it is still on its way: it is sent when a receiver is online. The
   * same holds after ERR_ABORTED. ERR_LINE_BREAK; ERR_CLOSED. ERR_UNSUPPORTED below protocol 5: use
   * `client.chats.message()` there.
   */
  async send(text: string, options: SendOptions = {}): Promise<ChatMessage> {
    checkArgument('text', text, MESSAGE_TEXT);
    checkSend(options);
    return await sendToChat(this, text, this.sender, this.#parts, options);
  }

  /**
   * Yields new messages of the chat from now on, each once and in order. It continues when the current user leaves and
   * joins again. After an outage of the endpoint it also yields the messages that nobody has seen yet.
   *
   * @throws ERR_ABORTED when the signal fires; ERR_CLOSED when the endpoint has gone for good; ERR_LIMIT for a reader
   *   that is too slow; ERR_INVALID_ARG and, below protocol 3, ERR_UNSUPPORTED at once.
   */
  messages(options: MessagesOptions = {}): AsyncGenerator<ChatMessage, void, void> {
    return this.#parts.read(options, this.id);
  }

  /**
   * Yields the history of the chat, page by page, each message with its {@link MessageContent}.
   *
   * @throws ERR_INVALID_ARG at once; as {@link ChatMessage.read}.
   */
  history(options: ChatHistoryOptions = {}): AsyncGenerator<readonly MessageContent[], void, void> {
    checkOptions(options, HISTORY_RULES);
    return this.#history(options);
  }

  /** Marks all unseen messages as seen. */
  async markSeen(options?: CommandOptions): Promise<void> {
    checkWait(options);
    const missed = await this.#parts.messages.search('MISSEDCHATMESSAGES', '', options);
    for (const message of missed) {
      if ((await message.text('CHATNAME', options)) === this.id) await message.markSeen(options);
    }
  }

  /** Lists the members. @throws ERR_UNSUPPORTED below protocol 7, where `get('MEMBERS')` gives their handles. */
  async members(options?: CommandOptions): Promise<ChatMember[]> {
    const ids = await this.get('MEMBEROBJECTS', asked(options));
    return ids.map((id) => this.#parts.members.get(id));
  }

  /** Finds a member by handle, in upper or lower case; undefined when there is none. @throws ERR_UNSUPPORTED */
  async member(handle: string, options?: CommandOptions): Promise<ChatMember | undefined> {
    checkObjectId('USER', handle, 'handle');
    const wanted = handle.toLowerCase();
    for (const member of await this.members(options)) {
      if ((await member.handle(options)).toLowerCase() === wanted) return member;
    }
    return undefined;
  }

  /** Adds members. @throws ERR_API 504, 506; ERR_INVALID_ARG. */
  async add(handles: string | readonly string[], options?: CommandOptions): Promise<void> {
    await this.alter('ADDMEMBERS', handleList(handles), options);
  }

  /** Removes members, who may join again. @throws ERR_API 504; ERR_UNSUPPORTED below protocol 7. */
  async kick(handles: string | readonly string[], options?: CommandOptions): Promise<void> {
    await this.alter('KICK', handleList(handles), options);
  }

  /** Removes members, who cannot join again unless they are added. @throws ERR_API 504; ERR_UNSUPPORTED */
  async ban(handles: string | readonly string[], options?: CommandOptions): Promise<void> {
    await this.alter('KICKBAN', handleList(handles), options);
  }

  /** Leaves the chat. @throws ERR_API 504 */
  async leave(options?: CommandOptions): Promise<void> {
    await this.alter('LEAVE', '', options);
  }

  /**
   * Joins the chat again after leaving it, or a chat of `client.chats.join()`. Resolves when the current user is in it.
   *
   * @param options.timeoutMs Longest wait for that, in milliseconds. Default 30,000.
   * @throws ERR_CHAT_REFUSED (a {@link ChatRefusedError}) when the password is missing or wrong, the current user is
   * banned, the chat is disbanded or full, or the application is turned down; ERR_TIMEOUT, also while an application
   * waits; ERR_API 504; ERR_UNSUPPORTED below protocol 7.
   */
  async join(options: ChatJoinOptions = {}): Promise<void> {
    checkOptions(options, JOIN_RULES);
    const { password, ...limits } = options;
    const join = () => this.alter('JOIN', '', limits);
    const answer = password === undefined ? undefined : () => this.#enter(password, limits);
    await awaitMembership(this, this.#parts.clock, limits, join, answer);
  }

  /** Answers the chat's question for the password. @throws as {@link join}. */
  async enterPassword(password: string, options: CommandOptions = {}): Promise<void> {
    checkArgument('password', password, PASSWORD);
    checkWait(options);
    await awaitMembership(this, this.#parts.clock, options, () => this.#enter(password, options));
  }

  /**
   * Sets the password for joining the chat.
   *
   * @param hint Text shown to users who join.
   * @throws ERR_INVALID_ARG for a password of more than one word; ERR_API 504; ERR_UNSUPPORTED below protocol 7.
   */
  async setPassword(password: string, hint = '', options?: CommandOptions): Promise<void> {
    checkArgument('password', password, PASSWORD);
    checkArgument('hint', hint, LINE);
    await this.alter('SETPASSWORD', hint === '' ? password : `${password} ${hint}`, options);
  }

  /** Lists the options that are on. @throws ERR_UNSUPPORTED below protocol 7. */
  async options(options?: CommandOptions): Promise<ChatOption[]> {
    return chatOptionsOf(await this.get('OPTIONS', options));
  }

  /**
   * Switches options on and off. Other options stay as they are.
   *
   * @throws ERR_API 504 when the current user may not; ERR_UNSUPPORTED below protocol 7.
   */
  async setOptions(changes: ChatOptionChanges, options?: CommandOptions): Promise<void> {
    checkArgument('changes', changes, CHANGES);
    checkOptions<ChatOptionChanges>(changes, CHANGES.options as Rules<ChatOptionChanges>, 'changes.');
    const bits = await this.get('OPTIONS', asked(options));
    await this.alter('SETOPTIONS', String(withChatOptions(bits, changes)), options);
  }

  /** Sets the topic, as plain text. @throws ERR_API 504 */
  async setTopic(topic: string, options?: CommandOptions): Promise<void> {
    checkArgument('topic', topic, LINE);
    await this.alter('SETTOPIC', topic, options);
  }

  /** Sets the topic with XML tags (`<B>`). TOPIC gives it without them. @throws ERR_API 504; ERR_UNSUPPORTED */
  async setTopicXml(topic: string, options?: CommandOptions): Promise<void> {
    checkArgument('topic', topic, LINE);
    await this.alter('SETTOPICXML', topic, options);
  }

  /** Sets the guidelines, which are shown on top of the window. @throws ERR_API 504; ERR_UNSUPPORTED */
  async setGuidelines(guidelines: string, options?: CommandOptions): Promise<void> {
    checkArgument('guidelines', guidelines, LINE);
    await this.alter('SETGUIDELINES', guidelines, options);
  }

  /**
   * Makes the window announce only messages that contain this text; with an empty text, all. @throws ERR_UNSUPPORTED
   */
  async setAlert(text: string, options?: CommandOptions): Promise<void> {
    checkArgument('text', text, LINE);
    // The endpoint drops the first character (reference, "ALTER CHAT SETALERTSTRING").
    await this.alter('SETALERTSTRING', `=${text}`, options);
  }

  /** Bookmarks the chat, or removes the bookmark. @throws ERR_UNSUPPORTED below protocol 6. */
  async bookmark(on: boolean, options?: CommandOptions): Promise<void> {
    checkArgument('on', on, flag);
    await this.alter(on ? 'BOOKMARK' : 'UNBOOKMARK', '', options);
  }

  /** Clears the recent messages, which are then not shown again. @throws ERR_UNSUPPORTED below protocol 7. */
  async clearRecent(options?: CommandOptions): Promise<void> {
    await this.alter('CLEARRECENTMESSAGES', '', options);
  }

  /** Accepts the shared group of this chat. @throws ERR_API 504 when none waits; ERR_UNSUPPORTED below protocol 7. */
  async accept(options?: CommandOptions): Promise<void> {
    await this.alter('ACCEPTADD', '', options);
  }

  /** Removes everybody and closes the chat. @throws ERR_API 504 when the current user may not; ERR_UNSUPPORTED */
  async disband(options?: CommandOptions): Promise<void> {
    await this.alter('DISBAND', '', options);
  }

  /** Gets the blob of a public chat, as `client.chats.join()` takes it. @throws ERR_UNSUPPORTED */
  async blob(options?: CommandOptions): Promise<string> {
    return await this.get('BLOB', options);
  }

  async *#history(options: ChatHistoryOptions): AsyncGenerator<readonly MessageContent[], void, void> {
    const { pageSize = 50, from = 'newest', ...limits } = options;
    const ids = [...(await this.get('CHATMESSAGES', { ...limits, fresh: true }))];
    ids.sort((one, other) => (from === 'newest' ? other - one : one - other));
    for (let at = 0; at < ids.length; at += pageSize) {
      const page = ids.slice(at, at + pageSize).map((id) => this.#parts.messages.get(id));
      yield await Promise.all(page.map((message) => message.read(limits)));
    }
  }

  #enter(password: string, options: CommandOptions): Promise<void> {
    return this.alter('ENTERPASSWORD', password, options);
  }
}

/** Makes a list of handles for ALTER CHAT. @throws ERR_INVALID_ARG, ERR_LINE_BREAK */
function handleList(handles: string | readonly string[]): string {
  checkArgument('handles', handles, HANDLES);
  return targetsOf('handles', handles)
    .map((handle) => checkObjectId('USER', handle, 'handles'))
    .join(', ');
}
