import type { Clock } from '../../base/time/clock.js';
import type { ObjectCollection } from '../state/object-collection.js';
import type { ChatMember } from './chat-member.js';
import type { ChatMessage } from './chat-message.js';
import type { MessagesOptions } from './message-reader.js';

/** The part of `client.chats` that a chat uses. */
export interface ChatParts {
  readonly clock: Clock;
  readonly messages: ObjectCollection<'CHATMESSAGE', ChatMessage>;
  readonly members: ObjectCollection<'CHATMEMBER', ChatMember>;
  /** Yields new messages, of one chat or of all. */
  readonly read: (options: MessagesOptions, chat?: string) => AsyncGenerator<ChatMessage, void, void>;
}
