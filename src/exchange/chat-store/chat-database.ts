import { join } from 'node:path';
import { z } from 'zod';
import { JackfieldError } from '../../base/errors.js';
import { printable } from '../../base/printable.js';
import { Database } from '../../files/database.js';
import { CHAT, CHAT_ROLES } from '../../protocol/catalogue/chat.js';
import { CHATMESSAGE } from '../../protocol/catalogue/message.js';
import {
  type ChatMessageStatus,
  type KeptMessage,
  type MessageCopy,
  type MessageEdit,
  WRITTEN,
} from '../chats/chat-message.js';
import type { ChatStore, MissedMessages, StoredChat, StoredView } from './chat-store.js';

const MIGRATIONS = [
  `
  CREATE TABLE chat (number INTEGER PRIMARY KEY, state TEXT NOT NULL);
  CREATE TABLE view (number INTEGER PRIMARY KEY, chat INTEGER NOT NULL, handle TEXT NOT NULL, state TEXT NOT NULL);
  CREATE TABLE message (
    seq INTEGER PRIMARY KEY, chat INTEGER NOT NULL, sender TEXT NOT NULL, type TEXT NOT NULL, body TEXT NOT NULL,
    at INTEGER NOT NULL, local INTEGER NOT NULL, more TEXT NOT NULL
  );
  CREATE INDEX message_of_chat ON message (chat);
  CREATE TABLE copy (id INTEGER PRIMARY KEY, view INTEGER NOT NULL, seq INTEGER NOT NULL, status TEXT NOT NULL);
  CREATE INDEX copy_of_view ON copy (view);
  CREATE INDEX copy_of_message ON copy (seq);
  CREATE INDEX copy_unseen ON copy (view) WHERE status = 'RECEIVED';
  CREATE INDEX copy_unsent ON copy (seq) WHERE status = 'SENDING';
  CREATE TABLE last (id INTEGER NOT NULL);
  INSERT INTO last VALUES (0);
  `,
  `
  DROP INDEX copy_unsent;
  CREATE INDEX copy_unsent ON copy (view, seq) WHERE status = 'SENDING';
  `,
];

const text = z.string();
const count = z.number().int().min(0);
const FACE = z.strictObject({
  kind: z.enum(['DIALOG', 'MULTICHAT', 'SHAREDGROUP']),
  topic: text,
  topicXml: text,
  guidelines: text,
  options: count,
  passwordHint: text,
  description: text,
  activity: count,
  opening: text,
  members: z.array(
    z.strictObject({ handle: text, role: z.enum(CHAT_ROLES), active: z.boolean(), adder: text }),
  ),
  posters: z.array(text),
});
const CHAT_STATE = z.strictObject({
  name: text,
  creator: text,
  created: count,
  blob: text,
  group: text.default(''),
  face: FACE,
  password: z.strictObject({ salt: text, hash: text }).optional(),
  banned: z.array(text),
  former: z.record(text, z.enum(CHAT_ROLES)),
  queue: z.array(text),
  closedUpTo: count,
  last: count,
  over: z.boolean(),
});
const VIEW_STATE = z.strictObject({
  standing: z.enum(CHAT.properties.MYSTATUS.values),
  kept: FACE.optional(),
  introduced: z.boolean(),
  added: z.boolean(),
  bookmarked: z.boolean(),
  alert: text,
  recentAfter: count,
  delivered: count,
  trusted: z.boolean(),
  adder: text,
  memberIds: z.record(text, count),
});
const MORE = z.strictObject({
  users: z.array(text),
  reason: z.enum([...CHATMESSAGE.properties.LEAVEREASON.values, '']),
  options: count,
  role: text,
  editedBy: text,
  editedAt: count,
  rich: text.default(''),
});

const CHAT_ROW = z.object({ number: count, state: text });
const VIEW_ROW = z.object({ number: count, chat: count, handle: text, state: text });
const MESSAGE_ROW = z.object({
  seq: count,
  chat: count,
  sender: text,
  type: z.enum(CHATMESSAGE.properties.TYPE.values),
  body: text,
  at: count,
  local: count,
  more: text,
});
const COPY_ROW = z.object({
  id: count,
  view: count,
  seq: count,
  status: z.enum(CHATMESSAGE.properties.STATUS.values),
});
/** Queries for the message ids of views. */
const IDS = {
  all: 'SELECT id FROM copy WHERE view = ? ORDER BY id',
  unseen: "SELECT id FROM copy WHERE view = ? AND status = 'RECEIVED' ORDER BY id",
  said: `SELECT id FROM copy JOIN message USING (seq) WHERE view = ?
    AND type IN (${WRITTEN.map((type) => `'${type}'`).join(', ')}) ORDER BY id`,
} as const;
const NUMBER_ROW = z.object({ number: count });
const IDS_ROW = z.object({ ids: text.nullable() });

/** Keeps chats and messages in an SQLite file in the state folder, limited only by disk space. */
export class ChatDatabase implements ChatStore {
  readonly #db: Database;
  failed: (error: unknown) => void = () => {};
  readonly #numbers: { chat: number; view: number };
  #lastId: number;
  #lastSeq: number;

  private constructor(db: Database) {
    this.#db = db;
    this.#numbers = {
      chat: this.#number('SELECT max(number) AS number FROM chat'),
      view: this.#number('SELECT max(number) AS number FROM view'),
    };
    const copies = this.#number('SELECT max(id) AS number FROM copy');
    this.#lastId = Math.max(copies, this.#number('SELECT max(id) AS number FROM last'));
    this.#lastSeq = this.#number('SELECT max(seq) AS number FROM message');
  }

  /**
   * Opens or creates the file `chats.db` in a folder. Damaged rows are left out.
   *
   * @throws ERR_FILE; ERR_UNSUPPORTED without the package `libsql`.
   */
  static open(folder: string): ChatDatabase {
    const advice = 'Move it away to start with an empty chat history.';
    const db = Database.open(join(folder, 'chats.db'), MIGRATIONS, { advice, check: 'header' });
    try {
      return new ChatDatabase(db);
    } catch (error) {
      db.close();
      throw error;
    }
  }

  write<T>(work: () => T): T {
    return this.#db.write(work);
  }

  get lastId(): number {
    return this.#lastId;
  }

  keepLastId(id: number): void {
    this.#lastId = id;
    this.#db.run('UPDATE last SET id = ?', id);
  }

  chats(): StoredChat[] {
    const { rows, faults } = this.#db.checked(CHAT_ROW, 'SELECT * FROM chat ORDER BY number');
    for (const fault of faults) this.failed(fault);
    return rows.flatMap(({ number, state }) => {
      const parsed = this.#parsed(CHAT_STATE, state, `chat ${number}`);
      return parsed ? [{ number, state: { ...parsed, password: parsed.password } }] : [];
    });
  }

  views(): StoredView[] {
    const { rows, faults } = this.#db.checked(VIEW_ROW, 'SELECT * FROM view ORDER BY number');
    for (const fault of faults) this.failed(fault);
    return rows.flatMap(({ number, chat, handle, state }) => {
      const parsed = this.#parsed(VIEW_STATE, state, `view ${number}`);
      return parsed ? [{ number, chat, handle, state: { ...parsed, kept: parsed.kept } }] : [];
    });
  }

  nextNumber(of: 'chat' | 'view'): number {
    return ++this.#numbers[of];
  }

  saveChat({ number, state }: StoredChat): void {
    this.#db.run('INSERT OR REPLACE INTO chat VALUES (?, ?)', number, JSON.stringify(state));
  }

  saveView({ number, chat, handle, state }: StoredView): void {
    this.#db.run(
      'INSERT OR REPLACE INTO view VALUES (?, ?, ?, ?)',
      number,
      chat,
      handle,
      JSON.stringify(state),
    );
  }

  addMessage(message: Omit<KeptMessage, 'seq'>): number {
    const seq = this.#lastSeq + 1;
    const { chat, from, type, body, at, local } = message;
    this.#db.run(
      'INSERT INTO message VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
      ...[seq, chat, from, type, body, at, local ? 1 : 0, moreOf(message)],
    );
    this.#lastSeq = seq;
    return seq;
  }

  message(seq: number): KeptMessage | undefined {
    const row = this.#db.get(MESSAGE_ROW, 'SELECT * FROM message WHERE seq = ?', seq);
    return row && this.#messageOf(row);
  }

  editMessage(seq: number, edit: MessageEdit): void {
    const message = this.message(seq);
    if (!message) return;
    const more = moreOf({ ...message, ...edit });
    this.#db.run('UPDATE message SET body = ?, more = ? WHERE seq = ?', edit.body, more, seq);
  }

  backlog(chat: number, after: number, limit: number, since: number): MissedMessages {
    const { rows, faults } = this.#db.checked(
      MESSAGE_ROW,
      'SELECT * FROM message WHERE chat = ? AND seq > ? AND local = 0 ORDER BY seq DESC LIMIT ?',
      ...[chat, after, limit + 1],
    );
    for (const fault of faults) this.failed(fault);
    const got = rows.slice(0, limit).filter(({ at }) => at >= since);
    const messages = got.reverse().flatMap((row) => this.#messageOf(row) ?? []);
    return { messages, gap: got.length < rows.length };
  }

  hasBacklog(chat: number, after: number): boolean {
    const sql = 'SELECT seq AS id FROM message WHERE chat = ? AND seq > ? AND local = 0 LIMIT 1';
    return this.#ids(sql, chat, after).length > 0;
  }

  addCopy({ id, view, seq, status }: MessageCopy): void {
    this.#db.run('INSERT INTO copy VALUES (?, ?, ?, ?)', id, view, seq, status);
  }

  copy(id: number): MessageCopy | undefined {
    return this.#db.get(COPY_ROW, 'SELECT * FROM copy WHERE id = ?', id);
  }

  setStatus(id: number, status: ChatMessageStatus): void {
    this.#db.run('UPDATE copy SET status = ? WHERE id = ?', status, id);
  }

  copiesOf(seq: number): MessageCopy[] {
    return this.#db.all(COPY_ROW, 'SELECT * FROM copy WHERE seq = ?', seq);
  }

  unsent(view: number, upTo: number, limit: number): number[] {
    const sql = "SELECT id FROM copy WHERE view = ? AND seq <= ? AND status = 'SENDING' ORDER BY seq LIMIT ?";
    return this.#ids(sql, view, upTo, limit);
  }

  unsentViews(): number[] {
    return this.#ids("SELECT DISTINCT view AS id FROM copy WHERE status = 'SENDING'");
  }

  ids(views: readonly number[], which: 'all' | 'unseen' | 'said'): number[] {
    const lists = views.map((view) => this.#ids(IDS[which], view));
    return lists.length === 1 ? (lists[0] ?? []) : lists.flat().sort((a, b) => a - b);
  }

  idsFrom(view: number, handle: string): number[] {
    return this.#ids(
      'SELECT id FROM copy JOIN message USING (seq) WHERE view = ? AND lower(sender) = ? ORDER BY id',
      ...[view, handle.toLowerCase()],
    );
  }

  recent(view: number, after: number, limit: number): number[] {
    const sql = 'SELECT id FROM copy WHERE view = ? AND id > ? ORDER BY id DESC LIMIT ?';
    return this.#ids(sql, view, after, limit).reverse();
  }

  hasUnseen(view: number): boolean {
    return this.#ids("SELECT id FROM copy WHERE view = ? AND status = 'RECEIVED' LIMIT 1", view).length > 0;
  }

  clear(views: readonly number[]): void {
    for (const view of views) this.#db.run('DELETE FROM copy WHERE view = ?', view);
  }

  close(): void {
    this.#db.close();
  }

  /** Reads all ids as one row, since a list may have a million of them. */
  #ids(sql: string, ...values: (string | number)[]): number[] {
    const list = this.#db.get(IDS_ROW, `SELECT group_concat(id) AS ids FROM (${sql})`, ...values)?.ids ?? '';
    return list === '' ? [] : list.split(',').map(Number);
  }

  #number(sql: string): number {
    return this.#db.get(NUMBER_ROW, `SELECT ifnull(number, 0) AS number FROM (${sql})`)?.number ?? 0;
  }

  #messageOf({ sender, local, more, ...rest }: z.output<typeof MESSAGE_ROW>): KeptMessage | undefined {
    const parsed = this.#parsed(MORE, more, `message ${rest.seq}`);
    return parsed && { ...rest, from: sender, local: local !== 0, ...parsed };
  }

  /** Parses stored JSON. Files in the folder are not trusted. */
  #parsed<S extends z.ZodType>(schema: S, json: string, what: string): z.output<S> | undefined {
    try {
      return schema.parse(JSON.parse(json));
    } catch (cause) {
      const place = `The ${what} of ${printable(this.#db.path)}`;
      this.failed(
        new JackfieldError(
          'ERR_FILE',
          `${place} is damaged or was not written by Jackfield: it is skipped.`,
          { cause },
        ),
      );
      return undefined;
    }
  }
}

function moreOf(message: Omit<KeptMessage, 'seq'>): string {
  const { users, reason, options, role, editedBy, editedAt, rich } = message;
  return JSON.stringify({ users, reason, options, role, editedBy, editedAt, ...(rich !== '' && { rich }) });
}
