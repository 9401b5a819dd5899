import { JackfieldError } from '../../base/errors.js';
import type { PropertyValue } from '../../protocol/values.js';

/**
 * Reason why a message was not sent, or a chat not joined:
 *
 * - the LEAVEREASON of a user who cannot be reached: `ADDED_MUST_BE_AUTHORIZED`;
 * - the current user's status in the chat (MYSTATUS): `UNSUBSCRIBED`, `KICKED`, `PASSWORD_REQUIRED`;
 * - the current user's role, `LISTENER` or `APPLICANT`, or the option `USERS_ARE_LISTENERS`: users can only read;
 * - `OFFLINE`: the endpoint is not online;
 * - `FAILED`: the endpoint reports a failure without a reason.
 */
export type ChatRefusal =
  | PropertyValue<'CHATMESSAGE', 'LEAVEREASON'>
  | PropertyValue<'CHAT', 'MYSTATUS'>
  | 'LISTENER'
  | 'APPLICANT'
  | 'USERS_ARE_LISTENERS'
  | 'OFFLINE'
  | 'FAILED';

/** Reasons in words, for messages. */
const WORDS: Readonly<Partial<Record<ChatRefusal, string>>> = {
  USER_NOT_FOUND: 'there is no such user',
  USER_INCAPABLE: 'the user’s client does not support such chats',
  ADDER_MUST_BE_FRIEND: 'the user accepts messages only from contacts: ask for authorisation',
  ADDED_MUST_BE_AUTHORIZED: 'the user accepts messages only from people they have authorised',
  UNSUBSCRIBED: 'the current user is not in the chat: join() first',
  PASSWORD_REQUIRED: 'the chat asks for its password: join({ password })',
  CHAT_DISBANDED: 'the chat was disbanded',
  QUEUED_BECAUSE_CHAT_IS_FULL: 'the chat is full',
  APPLICATION_DENIED: 'the application was declined',
  KICKED: 'the current user was removed from the chat',
  BANNED: 'the current user was banned from the chat',
  LISTENER: 'a listener may only read',
  APPLICANT: 'the application to the chat is not accepted yet',
  USERS_ARE_LISTENERS: 'users of this chat may only read',
  OFFLINE: 'the endpoint is not online',
};

/** A message could not be sent, or a chat could not be joined. */
export class ChatRefusedError extends JackfieldError {
  readonly reason: ChatRefusal;
  /** Id of the chat. For a message to a user without a chat: the user's handle. */
  readonly chat: string;

  /** @internal */
  constructor(what: string, chat: string, reason: ChatRefusal, cause?: unknown) {
    const why = (Object.hasOwn(WORDS, reason) && WORDS[reason as 'OFFLINE']) || 'the endpoint refused';
    super('ERR_CHAT_REFUSED', `${what}: ${why} (${reason}).`, cause === undefined ? undefined : { cause });
    this.chat = chat;
    this.reason = reason;
  }
}
