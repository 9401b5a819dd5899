import { CHAT_OPTIONS } from '../../protocol/catalogue/chat.js';
import { checkText } from '../wire-value.js';
import type { Participant, SharedChat } from './chat.js';
import type { NewMessage } from './chat-message.js';
import type { ChatPosting } from './chat-posting.js';
import { type ChatRight, may } from './chat-rights.js';
import { type ChatTable, hashed } from './chat-table.js';
import type { ChatView } from './chat-view.js';

/** Longest topic, guidelines and password with its hint, in characters. */
const MAX_TEXT_LENGTH = 10_000;
/** Sum of all options. */
const ALL_OPTIONS = Object.values(CHAT_OPTIONS).reduce((sum, bit) => sum + bit, 0);

/**
 * Changes the shared settings of a chat. Each method returns false for a member without the right. Texts that cannot be
 * sent on the wire throw ERR_INVALID_ARG or ERR_LINE_BREAK.
 */
export class ChatSettings {
  readonly #table: ChatTable;
  readonly #posting: ChatPosting;

  constructor(table: ChatTable, posting: ChatPosting) {
    this.#table = table;
    this.#posting = posting;
  }

  /** Sets the topic. With `topicXml`, the topic is its text without tags. @returns false when the user may not. */
  setTopic(by: Participant, topic: string, topicXml = ''): boolean {
    checkText('TOPIC', topic, MAX_TEXT_LENGTH);
    checkText('TOPICXML', topicXml, MAX_TEXT_LENGTH);
    if (!this.#may(by, 'set-topic')) return false;
    return this.#alter(by, { topic, topicXml }, { type: 'SETTOPIC', body: topic }, (each) => {
      this.#table.say(each, 'TOPIC');
      if (topicXml !== '') this.#table.say(each, 'TOPICXML');
      this.#table.say(each, 'FRIENDLYNAME');
    });
  }

  /** Sets the guidelines. @returns false when the user may not. */
  setGuidelines(by: Participant, guidelines: string): boolean {
    checkText('GUIDELINES', guidelines, MAX_TEXT_LENGTH);
    if (!this.#administers(by)) return false;
    return this.#alter(by, { guidelines }, { type: 'SETGUIDELINES', body: guidelines }, (each) =>
      this.#table.say(each, 'GUIDELINES'),
    );
  }

  /** Sets the options, a sum of the bits of `CHAT_OPTIONS`. @returns false when the user may not. */
  setOptions(by: Participant, options: number): boolean {
    if (!Number.isInteger(options) || options < 0 || options > ALL_OPTIONS || !this.#administers(by))
      return false;
    return this.#alter(by, { options }, { type: 'SETOPTIONS', options }, (each) =>
      this.#table.say(each, 'OPTIONS'),
    );
  }

  /** Posts that the picture of the chat was changed. @returns false when the user may not. */
  setPicture(by: Participant): boolean {
    if (!this.#may(by, 'set-topic')) return false;
    return this.#alter(by, {}, { type: 'SETPICTURE' }, () => {});
  }

  /** Sends contacts to those in a chat. @returns false when the user may not. */
  postContacts(by: Participant, handles: readonly string[]): boolean {
    if (handles.length === 0 || !this.#may(by, 'write')) return false;
    return this.#alter(by, {}, { type: 'POSTEDCONTACTS', users: handles }, () => {});
  }

  /**
   * Sets the password, which must be one word, and its hint. An empty password removes it.
   *
   * @returns false when the user may not.
   */
  setPassword(by: Participant, password: string, hint: string): boolean {
    checkText('PASSWORDHINT', hint, MAX_TEXT_LENGTH);
    if (!this.#administers(by)) return false;
    this.#table.change(() => {
      by.chat.change({ password: password === '' ? undefined : hashed(password) });
      by.chat.show({ passwordHint: hint });
      this.#table.touch(by.chat);
      for (const each of this.#table.takingPart(by.chat)) this.#table.say(each, 'PASSWORDHINT');
    });
    return true;
  }

  /** Changes the shared data of a chat and posts a message about the change. */
  #alter(
    { chat, handle }: Participant,
    face: Parameters<SharedChat['show']>[0],
    message: NewMessage,
    tell: (view: ChatView) => void,
  ): true {
    this.#table.change(() => {
      chat.show(face);
      this.#posting.post(chat, handle, message);
      for (const each of this.#table.takingPart(chat)) tell(each);
    });
    return true;
  }

  #may({ chat, handle }: Participant, right: ChatRight): boolean {
    return may(chat.face, chat.member(handle), right);
  }

  #administers(by: Participant): boolean {
    return !by.chat.isDialog && this.#may(by, 'administer');
  }
}
