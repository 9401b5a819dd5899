import { text as textOf } from 'node:stream/consumers';
import type { Chat, ChatMessage, Client, MessageContent } from '../../control.js';
import { JackfieldError } from '../../control.js';
import { CHATMESSAGE_TYPES } from '../../protocol.js';
import { Report } from '../report.js';
import { stopSignal } from '../shutdown.js';
import { printedTime, warnLine, warnNothing } from '../terminal-text.js';
import { messageLines } from './chat-lines.js';
import { findChat } from './find-chat.js';
import { attachPeople, type PeopleOptions } from './people-options.js';

const SEARCHES = {
  all: 'CHATS',
  recent: 'RECENTCHATS',
  missed: 'MISSEDCHATS',
  active: 'ACTIVECHATS',
  bookmarked: 'BOOKMARKEDCHATS',
} as const;

/** Kinds of chats that can be listed. */
export const CHAT_LISTS = Object.keys(SEARCHES) as (keyof typeof SEARCHES)[];

/** Largest number of messages that wait for the terminal. */
const MAX_WAITING = 10_000;

export async function listChats(
  options: PeopleOptions & { readonly only: keyof typeof SEARCHES },
): Promise<void> {
  const report = new Report(options.json);
  await using attached = await attachPeople(options);
  const chats = await attached.client.chats.search(SEARCHES[options.only]);
  if (chats.length === 0) warnNothing('No chats found.');
  for (const chat of chats) {
    const facts = await chatFacts(chat);
    const { name, members, activeAtMs } = facts;
    const at = activeAtMs === 0 ? '-' : printedTime(activeAtMs);
    report.line(facts, `${chat.id}  ${at}  ${members.length} members  ${name}`);
  }
}

/** Facts of a chat for `chat list --json`. */
export async function chatFacts(chat: Chat) {
  const [name, topic, members, status, activeAt] = await Promise.all([
    chat.text('FRIENDLYNAME'),
    chat.text('TOPIC'),
    chat.get('MEMBERS'),
    chat.text('STATUS'),
    chat.text('ACTIVITY_TIMESTAMP').catch(() => ''),
  ]);
  return { id: chat.id, name, topic, status, members, activeAtMs: 1000 * (Number(activeAt) || 0) };
}

export async function readChat(
  named: string,
  options: PeopleOptions & { readonly last: number; readonly seen?: boolean },
): Promise<void> {
  const report = new Report(options.json);
  await using attached = await attachPeople(options);
  const chat = await findChat(attached.client, named);
  const newest: MessageContent[] = [];
  for await (const page of chat.history({ pageSize: Math.min(options.last, 100) })) {
    newest.push(...page.slice(0, options.last - newest.length));
    if (newest.length >= options.last) break;
  }
  if (newest.length === 0) warnNothing('The chat has no messages.');
  for (const message of newest.reverse()) report.lines(message, messageLines(message));
  if (options.seen) await chat.markSeen();
}

export async function writeToChat(
  to: string,
  words: readonly string[],
  options: PeopleOptions & { readonly timeout: number; readonly wait: boolean },
): Promise<void> {
  const report = new Report(options.json);
  const text = words.length > 0 ? words.join(' ') : (await textOf(process.stdin)).replace(/\r?\n$/, '');
  if (text === '') {
    throw new JackfieldError(
      'ERR_INVALID_ARG',
      'There is no text: give it after the name or on standard input.',
    );
  }
  const until = options.wait ? 'SENT' : 'SENDING';
  const limits = { timeoutMs: 1000 * options.timeout, signal: stopSignal(), until } as const;
  await using attached = await attachPeople(options);
  const { chats } = attached.client;
  const isChat = to.startsWith('#');
  const message = isChat ? await chats.get(to).send(text, limits) : await chats.message(to, text, limits);
  const { status } = message;
  report.line(
    { id: message.id, status, to },
    `Message ${message.id} to ${to} is ${status === 'SENDING' ? 'on its way' : 'sent'}.`,
  );
}

export async function followChats(named: string | undefined, options: PeopleOptions): Promise<void> {
  const report = new Report(options.json);
  const stop = stopSignal();
  await using attached = await attachPeople(options);
  const { client } = attached;
  const messages = await everyMessage(client, named, stop);
  warnLine(`Following ${named ?? 'all chats'}. Ctrl-C ends.`);
  try {
    for await (const message of messages) {
      const content = await message.read();
      const lines = messageLines(content);
      report.lines(content, named === undefined ? [content.chat, ...lines] : lines);
    }
  } catch (error) {
    if (!stop.aborted) throw error;
  }
}

/** All messages of every kind, including own messages. */
async function everyMessage(
  client: Client,
  named: string | undefined,
  signal: AbortSignal,
): Promise<AsyncIterable<ChatMessage>> {
  const options = {
    ...{ own: true, types: CHATMESSAGE_TYPES, maxWaiting: MAX_WAITING, signal },
    full: 'drop-oldest',
  } as const;
  if (named === undefined) return client.chats.incoming(options);
  return (await findChat(client, named)).messages(options);
}
