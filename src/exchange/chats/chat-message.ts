import type { CHATMESSAGE, ChatMessageType } from '../../protocol/catalogue/message.js';

type Values<P extends 'STATUS' | 'LEAVEREASON'> = (typeof CHATMESSAGE)['properties'][P]['values'][number];

export type ChatMessageStatus = Values<'STATUS'>;
export type LeaveReason = Values<'LEAVEREASON'>;

/** The shared data of a chat message. */
export interface KeptMessage {
  /** Number in the order of all messages. */
  readonly seq: number;
  /** Number of the chat. */
  readonly chat: number;
  readonly from: string;
  readonly type: ChatMessageType;
  readonly body: string;
  /** The text with markup from a web client; empty without markup. */
  readonly rich: string;
  /** Handles of the members concerned: added, kicked or given a role. */
  readonly users: readonly string[];
  readonly reason: LeaveReason | '';
  /** The new options, with TYPE SETOPTIONS; else 0. */
  readonly options: number;
  /** The new role, with TYPE SETROLE; else UNKNOWN. */
  readonly role: string;
  /** Unix time in seconds. */
  readonly at: number;
  readonly editedBy: string;
  /** Unix time of the edit in seconds; 0 if not edited. */
  readonly editedAt: number;
  /** True for a message that only its sender has, about the sender or the state of their history. */
  readonly local: boolean;
}

/** One user's copy of a message: the CHATMESSAGE object of their endpoint. */
export interface MessageCopy {
  readonly id: number;
  /** Number of the user's view of the chat. */
  readonly view: number;
  /** Number of the message. */
  readonly seq: number;
  readonly status: ChatMessageStatus;
}

/** A message to be posted. Only its type and the fields that differ from `PLAIN_MESSAGE` are given. */
export type NewMessage = Pick<KeptMessage, 'type'> & Partial<Omit<KeptMessage, 'seq' | 'chat'>>;

/** Types of messages that a member wrote. */
export const WRITTEN = ['SAID', 'POSTEDCONTACTS'] as const satisfies readonly ChatMessageType[];

/** True for a message that a member wrote; false for one that the chat makes itself. */
export function isWritten(type: ChatMessageType | undefined): boolean {
  return WRITTEN.some((each) => each === type);
}

/** A change of the text of a message. */
export type MessageEdit = Pick<KeptMessage, 'body' | 'rich' | 'editedBy' | 'editedAt'>;

/** Fields that most messages have. */
export const PLAIN_MESSAGE = {
  body: '',
  rich: '',
  users: [],
  reason: '',
  options: 0,
  role: 'UNKNOWN',
  editedBy: '',
  editedAt: 0,
  local: false,
} as const satisfies Partial<KeptMessage>;
