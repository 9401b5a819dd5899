import { checkArgument, checkOptions, either, listOf, rule, words } from '../../base/check.js';
import type { FencedEvents } from '../../base/listener/fenced-emitter.js';
import type { Clock } from '../../base/time/clock.js';
import { checkWait } from '../../base/wait.js';
import { ApiError } from '../../protocol/api-error.js';
import { API_3_0, P3, P5 } from '../../protocol/catalogue/spec.js';
import { checkObjectId, commands } from '../../protocol/commands.js';
import type { ChatCommand } from '../../protocol/message.js';
import { parseSkypeUri } from '../../protocol/uri/skype-uri.js';
import type { CommandOptions, CommandSender } from '../client/command-sender.js';
import { ObjectCollection, type PropertyNews } from '../state/object-collection.js';
import type { Parameters } from '../state/parameters.js';
import { Chat, type ChatJoinOptions, JOIN_RULES } from './chat.js';
import { ChatMember } from './chat-member.js';
import { ChatMessage, MESSAGE_TEXT, type MessageContent } from './chat-message.js';
import type { ChatParts } from './chat-parts.js';
import { MessageFeed } from './message-feed.js';
import { MessageReader, type MessagesOptions } from './message-reader.js';
import { checkSend, type SendOptions, sendToUser } from './send-message.js';
import { unexpectedAnswer } from './unexpected-answer.js';
import { requireVersion } from './versioned-object.js';

/** Events of {@link Chats}, in addition to those of its collection. */
export interface ChatsEvents extends FencedEvents {
  found: [chat: Chat];
  property: [chat: Chat, name: string, value: string];
  deleted: [chat: Chat];
  /** A new message, also of the current user. It was read already. */
  message: [message: ChatMessage, chat: Chat];
}

const TARGETS = either(words, listOf(words));
const BLOB = rule(
  'the blob of a public chat, or its URL skype:?chat&blob=...',
  (value) => typeof value === 'string' && /^[\w+/=-]+$/.test(value),
);

/** The known chats of a client, and the messages in them: `client.chats`. */
export class Chats extends ObjectCollection<'CHAT', Chat, ChatsEvents> {
  /** Messages of all chats, by id. */
  readonly messages: ObjectCollection<'CHATMESSAGE', ChatMessage>;
  /** Members of all chats, by id. */
  readonly members: ObjectCollection<'CHATMEMBER', ChatMember>;
  readonly #sender: CommandSender;
  readonly #parameters: Parameters;
  readonly #feed: MessageFeed;
  /** Readers of new messages, each of one chat or of all. */
  readonly #readers = new Map<MessageReader, string | undefined>();
  readonly #parts: ChatParts;

  /** Used by the client. @internal */
  constructor(sender: CommandSender, clock: Clock, parameters: Parameters) {
    super({ object: 'CHAT', make: (id) => new Chat(id, sender, this.#parts) }, sender);
    this.#sender = sender;
    this.#parameters = parameters;
    const heard = (message: ChatMessage, said: PropertyNews<number>) => this.#feed.heard(message, said);
    const make = (id: number) => new ChatMessage(id, sender, clock);
    this.messages = new ObjectCollection({ object: 'CHATMESSAGE', make, heard }, sender);
    this.members = new ObjectCollection(
      { object: 'CHATMEMBER', make: (id) => new ChatMember(id, sender) },
      sender,
    );
    this.#parts = {
      clock,
      messages: this.messages,
      members: this.members,
      read: (options, chat) => this.#read(options, chat),
    };
    this.#feed = new MessageFeed({
      wanted: () => this.#readers.size > 0 || this.listenerCount('message') > 0,
      deliver: (message, content) => this.#deliver(message, content),
      failed: (error) => this.#endReaders(error),
      missed: () => this.messages.search('MISSEDCHATMESSAGES'),
    });
  }

  /**
   * Makes a chat with these users. With one user it gives the existing chat of two, if there is one.
   *
   * @throws ERR_API 507, 508, and from protocol 8 on 615 for a user who accepts no chats; ERR_UNSUPPORTED below
   *   protocol 5; ERR_INVALID_ARG.
   */
  async create(handles: string | readonly string[] = [], options: CommandOptions = {}): Promise<Chat> {
    checkArgument('handles', handles, TARGETS);
    checkWait(options);
    requireVersion(this.#sender, P5, 'CHAT CREATE');
    const list = typeof handles === 'string' ? [handles] : handles;
    for (const handle of list) checkObjectId('USER', handle, 'handles');
    return await this.#ask(commands.createChat(...list), options);
  }

  /**
   * Joins a public chat. Resolves when the current user is in it.
   *
   * @param blob As in the chat's URL, or the whole URL: `skype:?chat&blob=...`.
   * @throws as {@link Chat.join}; ERR_INVALID_ARG, ERR_SYNTAX for a value that is not a blob; ERR_API 504 for a blob of
   *   no chat.
   */
  async join(blob: string, options: ChatJoinOptions = {}): Promise<Chat> {
    checkOptions(options, JOIN_RULES);
    requireVersion(this.#sender, API_3_0, 'CHAT CREATEUSINGBLOB');
    const { password: _, ...limits } = options;
    const chat = await this.#ask(commands.createChatUsingBlob(blobOf(blob)), limits);
    await chat.join(options);
    return chat;
  }

  /**
   * Finds the current user's public chat with this blob, if there is one. @param blob as in {@link join}. @throws as
   * {@link join}.
   */
  async find(blob: string, options: CommandOptions = {}): Promise<Chat | undefined> {
    requireVersion(this.#sender, API_3_0, 'CHAT FINDUSINGBLOB');
    try {
      return await this.#ask(commands.findChatUsingBlob(blobOf(blob)), options);
    } catch (error) {
      if (error instanceof ApiError && NOT_FOUND.has(error.number)) return undefined;
      throw error;
    }
  }

  /**
   * Sends a message to a user, in the chat of two with that user. Resolves to the message when it is SENT.
   *
   * @param options.timeoutMs Longest wait until it is sent, in milliseconds. Default 30,000.
   * @throws as {@link Chat.send}; ERR_INVALID_ARG for a handle that is not one word.
   */
  async message(handle: string, text: string, options: SendOptions = {}): Promise<ChatMessage> {
    checkObjectId('USER', handle, 'handle');
    checkArgument('text', text, MESSAGE_TEXT);
    checkSend(options);
    return await sendToUser(handle, text, this.#sender, this.#parts, options);
  }

  /**
   * Yields new messages of all chats, like {@link Chat.messages}. @throws ERR_UNSUPPORTED below protocol 3, at once.
   */
  incoming(options: MessagesOptions = {}): AsyncGenerator<ChatMessage, void, void> {
    return this.#read(options);
  }

  /** Delivers messages that came during an outage of the endpoint. Called by the client. @internal */
  async resume(): Promise<void> {
    await this.#feed.resume();
  }

  /** Ends all readers: no more news will come. Called by the client. @internal */
  override lose(error: Error): void {
    super.lose(error);
    this.#endReaders(error);
  }

  async #ask(command: ChatCommand, options: CommandOptions): Promise<Chat> {
    const reply = await this.#sender.command(command, options);
    if (reply.kind === 'property' && reply.object === 'CHAT') return this.get(reply.id);
    throw unexpectedAnswer(`CHAT ${command.action}`, reply);
  }

  #read(options: MessagesOptions, chat?: string): AsyncGenerator<ChatMessage, void, void> {
    requireVersion(this.#sender, P3, 'CHATMESSAGE');
    const reader = new MessageReader(options);
    this.#readers.set(reader, chat);
    return reader.read(() => this.#readers.delete(reader));
  }

  async #deliver(message: ChatMessage, content: MessageContent): Promise<void> {
    const me = await this.#parameters.get('CURRENTUSERHANDLE').catch(() => '');
    const isOwn = content.from.toLowerCase() === me.toLowerCase();
    for (const [reader, chat] of this.#readers) {
      if (chat === undefined || chat === content.chat) reader.take(message, content, isOwn);
    }
    this.emit('message', message, this.get(content.chat));
  }

  #endReaders(error: Error): void {
    for (const reader of this.#readers.keys()) reader.end(error);
  }
}

/** Errors for a blob of no chat. */
const NOT_FOUND: ReadonlySet<number> = new Set([501, 504]);

/** Gives the blob of a URL, or the given blob itself. @throws ERR_INVALID_ARG, ERR_SYNTAX */
function blobOf(given: string): string {
  checkArgument('blob', given, words);
  const blob = given.startsWith('skype:') ? (parseSkypeUri(given).terms.get('blob') ?? '') : given;
  checkArgument('blob', blob, BLOB);
  return blob;
}
