import { JackfieldError } from '../../base/errors.js';
import type { PropertyValue } from '../../protocol/values.js';

/**
 * A reason why a message was not sent, or a chat not joined:
 *
 * - the LEAVEREASON with which the endpoint says that somebody cannot be reached: `ADDED_MUST_BE_AUTHORIZED`;
 * - the current user's standing in the chat (MYSTATUS): `UNSUBSCRIBED`, `KICKED`, `PASSWORD_REQUIRED`;
 * - their role, `LISTENER` or `APPLICANT`, or the option `USERS_ARE_LISTENERS`, which lets users read only;
 * - `OFFLINE`: the endpoint is not online;
 * - `FAILED`: the endpoint says that it could not, and no more.
 */
export type ChatRefusal =
  | PropertyValue<'CHATMESSAGE', 'LEAVEREASON'>
  | PropertyValue<'CHAT', 'MYSTATUS'>
  | 'LISTENER'
  | 'APPLICANT'
  | 'USERS_ARE_LISTENERS'
  | 'OFFLINE'
  | 'FAILED';

/** Reasons in words, for messages to people. */
const WORDS: Readonly<Partial<Record<ChatRefusal, string>>> = {
  USER_NOT_FOUND: 'there is no such user',
  USER_INCAPABLE: 'the user’s client takes no such chats',
  ADDER_MUST_BE_FRIEND: 'the user takes messages of contacts only: ask to be one',
  ADDED_MUST_BE_AUTHORIZED: 'the user takes messages only from people whom they have authorised',
  UNSUBSCRIBED: 'the current user is not in the chat: join() first',
  PASSWORD_REQUIRED: 'the chat asks for its password: join({ password })',
  CHAT_DISBANDED: 'the chat was disbanded',
  QUEUED_BECAUSE_CHAT_IS_FULL: 'the chat is full',
  APPLICATION_DENIED: 'the application was turned down',
  KICKED: 'the current user was removed from the chat',
  BANNED: 'the current user was removed from the chat for good',
  LISTENER: 'a listener may only read',
  APPLICANT: 'the application to the chat waits to be accepted',
  USERS_ARE_LISTENERS: 'users of this chat may only read',
  OFFLINE: 'the endpoint is not online',
};

/** A message could not be sent, or a chat could not be joined. */
export class ChatRefusedError extends JackfieldError {
  readonly reason: ChatRefusal;
  /** The id of the chat; for a message to somebody with whom there is none, their handle. */
  readonly chat: string;

  /** @internal */
  constructor(what: string, chat: string, reason: ChatRefusal, cause?: unknown) {
    const why = (Object.hasOwn(WORDS, reason) && WORDS[reason as 'OFFLINE']) || 'the endpoint refuses it';
    super('ERR_CHAT_REFUSED', `${what}: ${why} (${reason}).`, cause === undefined ? undefined : { cause });
    this.chat = chat;
    this.reason = reason;
  }
}
