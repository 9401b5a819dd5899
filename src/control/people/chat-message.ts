import { checkArgument, rule } from '../../base/check.js';
import { JackfieldError } from '../../base/errors.js';
import type { Clock } from '../../base/time/clock.js';
import { checkWait, deadlineIn, waitFor } from '../../base/wait.js';
import { ApiError } from '../../protocol/api-error.js';
import type { ChatOption, ChatRole } from '../../protocol/catalogue/chat.js';
import type { ChatMessageType } from '../../protocol/catalogue/message.js';
import type { OtherWord } from '../../protocol/message.js';
import type { CommandOptions, CommandSender } from '../client/command-sender.js';
import { asked } from '../state/remote-object.js';
import { chatOptionsOf } from './chat-options.js';
import { VersionedObject } from './versioned-object.js';

/** Rule of the text of a message, which may contain line breaks. */
export const MESSAGE_TEXT = rule(
  'a string that is not empty',
  (value) => typeof value === 'string' && value !== '',
);

/** A message of a chat, as it was at the time of reading. */
export interface MessageContent {
  readonly id: number;
  /** The id of its chat. */
  readonly chat: string;
  readonly type: ChatMessageType | OtherWord;
  readonly status: string;
  /** Handle of the sender. */
  readonly from: string;
  readonly displayName: string;
  /** Unchanged text. It may contain line breaks and any other Unicode character. */
  readonly body: string;
  /** Milliseconds since the Unix epoch. */
  readonly sentAtMs: number;
  /** Handles of the users who were added, removed or given a role. */
  readonly users: readonly string[];
  /** Set in a message of the type LEFT. */
  readonly leaveReason?: string;
  /** Set in a message of the type SETROLE. */
  readonly role?: ChatRole | OtherWord;
  /** Set in a message of the type SETOPTIONS: the options that are on from then on. */
  readonly options?: readonly ChatOption[];
}

const CONTENT = [
  'CHATNAME',
  'TYPE',
  'STATUS',
  'FROM_HANDLE',
  'FROM_DISPNAME',
  'BODY',
  'TIMESTAMP',
  'USERS',
] as const;

/** Statuses of a message that was not sent yet. */
const ON_ITS_WAY: ReadonlySet<string> = new Set(['SENDING', 'QUEUED']);
/** Statuses of a message that will never be sent (reference, "MESSAGE object"). */
const NEVER_SENT: ReadonlySet<string> = new Set(['FAILED', 'IGNORED']);

/** A CHATMESSAGE object, kept up to date by the endpoint's notifications. Made by `client.chats`. */
export class ChatMessage extends VersionedObject<'CHATMESSAGE'> {
  readonly #clock: Clock;
  /** Waits that end when no more news of it can come. */
  readonly #lost = new Set<(error: Error) => void>();

  /** @internal */
  constructor(id: number, sender: CommandSender, clock: Clock) {
    super('CHATMESSAGE', id, sender);
    this.#clock = clock;
  }

  /** Handle of the sender; undefined until it was read. */
  get from(): string | undefined {
    return this.heard('FROM_HANDLE');
  }

  /** The text; undefined until it was read. */
  get body(): string | undefined {
    return this.heard('BODY');
  }

  /** The kind of message; undefined until it was read. */
  get type(): ChatMessageType | OtherWord | undefined {
    return this.heard('TYPE');
  }

  /** The newest reported status: `SENDING`, `SENT`, `RECEIVED`, `READ`. */
  get status(): string | undefined {
    return this.heard('STATUS');
  }

  override get idle(): boolean {
    return this.listenerCount('property') === 0;
  }

  /**
   * Reads the whole message. Asks the endpoint for the parts that are not known yet.
   *
   * @throws ERR_API 15 when there is no such message, ERR_SYNTAX, ERR_TIMEOUT, ERR_ABORTED, ERR_CLOSED.
   */
  async read(options?: CommandOptions): Promise<MessageContent> {
    const text = (await this.fetch(CONTENT, options)) as Record<(typeof CONTENT)[number], string>;
    return {
      id: this.id,
      chat: text.CHATNAME,
      type: text.TYPE,
      status: text.STATUS,
      from: text.FROM_HANDLE,
      displayName: text.FROM_DISPNAME,
      body: text.BODY,
      sentAtMs: 1000 * (Number(text.TIMESTAMP) || 0),
      users: text.USERS.split(/[ ,]+/).filter((user) => user !== ''),
      ...(text.TYPE === 'LEFT' && { leaveReason: await this.get('LEAVEREASON', options) }),
      ...(text.TYPE === 'SETROLE' && { role: await this.get('ROLE', options) }),
      ...(text.TYPE === 'SETOPTIONS' && { options: chatOptionsOf(await this.get('OPTIONS', options)) }),
    };
  }

  /** True when its text can be changed: {@link edit}. @throws ERR_UNSUPPORTED below protocol 7; as `get`. */
  async isEditable(options?: CommandOptions): Promise<boolean> {
    return await this.get('IS_EDITABLE', asked(options));
  }

  /**
   * Changes the text (reference, "SET CHATMESSAGE BODY"). A user may change own messages. In a public chat, those who
   * run it may change the messages of others too. {@link isEditable} tells whether it is allowed.
   *
   * @throws ERR_API 32 when the endpoint does not allow the change; ERR_UNSUPPORTED below protocol 7.
   */
  async edit(text: string, options?: CommandOptions): Promise<void> {
    checkArgument('text', text, MESSAGE_TEXT);
    this.requires('IS_EDITABLE');
    await this.set('BODY', text, options);
  }

  /** Removes it from the list of missed messages. Does nothing when it is not on the list. @throws ERR_API */
  async markSeen(options?: CommandOptions): Promise<void> {
    try {
      await this.setText('SEEN', '', options);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const status = await this.text('STATUS', asked(options));
      if (status !== 'READ') throw error;
    }
  }

  /**
   * Resolves to its status once it is no longer on its way: `SENT`, or a status of the reference's old MESSAGE object
   * for a message that will never be sent.
   *
   * @throws ERR_TIMEOUT, ERR_ABORTED; ERR_CLOSED when the endpoint has gone.
   */
  async settled(options: CommandOptions = {}): Promise<string> {
    checkWait(options);
    const { timeoutMs, signal } = options;
    return await waitFor<string>({
      what: `message ${this.id} to be sent`,
      signal,
      deadline: deadlineIn(this.#clock, timeoutMs, () => {
        const status = this.status ?? 'not there';
        const text = `Waited ${timeoutMs} ms for message ${this.id} to be sent: it is ${status}.`;
        throw new JackfieldError('ERR_TIMEOUT', text);
      }),
      begin: (resolve, reject) => {
        const look = () => {
          const { status } = this;
          if (status !== undefined && !ON_ITS_WAY.has(status)) resolve(status);
        };
        this.on('property', look);
        this.#lost.add(reject);
        look();
        return () => {
          this.off('property', look);
          this.#lost.delete(reject);
        };
      },
    });
  }

  /** @internal */
  override lose(error: Error): void {
    for (const lost of [...this.#lost]) lost(error);
  }
}

/** True for a status of a message that will never be sent. */
export function isNeverSent(status: string): boolean {
  return NEVER_SENT.has(status);
}
