import { checkOptions, oneOf, type Rules } from '../../base/check.js';
import { JackfieldError } from '../../base/errors.js';
import { WAIT_RULES } from '../../base/wait.js';
import { ApiError } from '../../protocol/api-error.js';
import { VERBS } from '../../protocol/catalogue/verbs.js';
import { commands } from '../../protocol/commands.js';
import type { CommandMessage } from '../../protocol/message.js';
import type { CommandOptions, CommandSender } from '../client/command-sender.js';
import { type ChatMessage, isNeverSent } from './chat-message.js';
import { chatOptionsOf } from './chat-options.js';
import type { ChatParts } from './chat-parts.js';
import { type ChatRefusal, ChatRefusedError } from './chat-refused-error.js';
import { MessageWaitsError } from './message-waits-error.js';
import { unexpectedAnswer } from './unexpected-answer.js';
import { requireVersion, type VersionedObject } from './versioned-object.js';

const SEND_TIMEOUT_MS = 30_000;

/** Options of a message to send. */
export interface SendOptions extends CommandOptions {
  /**
   * Status at which the method resolves. `SENT`: another user has the message. `SENDING`: the endpoint has it, and
   * sends it as soon as a receiver is online; the method does not wait for that. Default `SENT`.
   */
  readonly until?: 'SENT' | 'SENDING';
}

const SEND_RULES: Rules<SendOptions> = { ...WAIT_RULES, until: oneOf('SENT', 'SENDING') };

type Limits = CommandOptions & { readonly timeoutMs: number };

/** Checks the options of a message to send. @throws ERR_INVALID_ARG */
export function checkSend(options: SendOptions): void {
  checkOptions(options, SEND_RULES);
}

/** LEAVEREASONs of a message that did not get through in a chat of two (reference, "MESSAGE", Notes). */
const UNREACHED: ReadonlySet<string> = new Set([
  'USER_NOT_FOUND',
  'USER_INCAPABLE',
  'ADDER_MUST_BE_FRIEND',
  'ADDED_MUST_BE_AUTHORIZED',
]);

/** Sends a message to a chat. @throws as {@link Chat.send}. */
export async function sendToChat(
  chat: VersionedObject<'CHAT'>,
  text: string,
  sender: CommandSender,
  parts: ChatParts,
  options: SendOptions,
): Promise<ChatMessage> {
  requireVersion(sender, VERBS.CHATMESSAGE.since, 'CHATMESSAGE');
  const command = commands.chatMessage(chat.id, text);
  const isDialog = async () => (await chat.text('STATUS')).endsWith('DIALOG');
  return await send(command, chat.id, sender, parts, options, isDialog, () => standingIn(chat));
}

/** Sends a message to a user, in the chat of two with that user. @throws as {@link Chats.message}. */
export async function sendToUser(
  handle: string,
  text: string,
  sender: CommandSender,
  parts: ChatParts,
  options: SendOptions,
): Promise<ChatMessage> {
  const none = async () => undefined;
  return await send(commands.message(handle, text), handle, sender, parts, options, async () => true, none);
}

async function send(
  command: CommandMessage,
  to: string,
  sender: CommandSender,
  parts: ChatParts,
  { timeoutMs = SEND_TIMEOUT_MS, signal, until = 'SENT' }: SendOptions,
  isOfTwo: () => Promise<boolean>,
  standing: () => Promise<ChatRefusal | undefined>,
): Promise<ChatMessage> {
  const limits: Limits = { timeoutMs, ...(signal && { signal }) };
  const what = `The message to ${to} was not sent`;
  const unreached = new UnreachedWatch(parts, isOfTwo);
  try {
    const reply = await sender.command(command, limits);
    const isMessage = reply.kind === 'property' && ['CHATMESSAGE', 'MESSAGE'].includes(reply.object);
    if (!isMessage) throw unexpectedAnswer(command.kind, reply);
    const message = parts.messages.get(reply.id as number);
    if (until === 'SENDING') return message;
    const told = unreached.of(message);
    const status = await Promise.race([settled(message, to, limits), told]);
    // Reports before SENT count, even if reading them takes until later.
    const reason = isNeverSent(status) ? 'FAILED' : await unreached.found();
    if (reason !== undefined) throw new ChatRefusedError(what, to, reason);
    return message;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const reason = (await standing().catch(() => undefined)) ?? (await offline(sender)) ?? 'FAILED';
    throw new ChatRefusedError(what, to, reason, error);
  } finally {
    unreached.end();
  }
}

/** Resolves like {@link ChatMessage.settled}. @throws ERR_TIMEOUT with the message that is still on its way. */
async function settled(message: ChatMessage, to: string, limits: Limits): Promise<string> {
  try {
    return await message.settled(limits);
  } catch (error) {
    const isLate = error instanceof JackfieldError && error.code === 'ERR_TIMEOUT';
    throw isLate ? new MessageWaitsError(to, message, limits.timeoutMs) : error;
  }
}

/**
 * Looks in the chat of a sent message for a message of the type LEFT. By it the endpoint reports that nobody was
 * reached. It may come before the answer that identifies the sent message.
 */
class UnreachedWatch {
  readonly #messages: ChatParts['messages'];
  readonly #isOfTwo: () => Promise<boolean>;
  readonly #told = new Set<ChatMessage>();
  readonly #looks: Promise<string | undefined>[] = [];
  readonly #onStatus = (message: ChatMessage, property: string) => {
    if (property === 'STATUS') this.#take(message);
  };
  #sent: ChatMessage | undefined;
  #found: (reason: string) => void = () => undefined;

  constructor({ messages }: ChatParts, isOfTwo: () => Promise<boolean>) {
    this.#messages = messages;
    this.#isOfTwo = isOfTwo;
    messages.on('property', this.#onStatus);
  }

  /** Resolves to the reason when nobody was reached by `sent`; otherwise never. */
  of(sent: ChatMessage): Promise<string> {
    this.#sent = sent;
    const found = new Promise<string>((resolve) => {
      this.#found = resolve;
    });
    for (const message of this.#told) this.#look(message, sent);
    return found;
  }

  /** Resolves when all reports so far were checked: to the reason, if there is one. */
  async found(): Promise<string | undefined> {
    return (await Promise.all(this.#looks)).find((reason) => reason !== undefined);
  }

  end(): void {
    this.#messages.off('property', this.#onStatus);
  }

  #take(message: ChatMessage): void {
    if (this.#told.has(message)) return;
    this.#told.add(message);
    if (this.#sent) this.#look(message, this.#sent);
  }

  #look(message: ChatMessage, sent: ChatMessage): void {
    // A message that cannot be read does not count.
    const look = this.#reasonIn(message, sent).catch(() => undefined);
    this.#looks.push(look);
    void look.then((reason) => reason !== undefined && this.#found(reason));
  }

  async #reasonIn(message: ChatMessage, sent: ChatMessage): Promise<string | undefined> {
    if (message === sent || (await message.text('TYPE')) !== 'LEFT' || !(await this.#isOfTwo()))
      return undefined;
    const reason = await message.text('LEAVEREASON');
    const isHere = (await message.text('CHATNAME')) === (await sent.text('CHATNAME'));
    return isHere && UNREACHED.has(reason) ? reason : undefined;
  }
}

/** Gets the reason why the current user cannot write in a chat now, if the chat gives one. */
async function standingIn(chat: VersionedObject<'CHAT'>): Promise<ChatRefusal | undefined> {
  const status = await chat.text('MYSTATUS', { fresh: true });
  if (status !== 'SUBSCRIBED') return status || undefined;
  const role = await chat.text('MYROLE', { fresh: true });
  if (role === 'LISTENER' || role === 'APPLICANT') return role;
  const options = chatOptionsOf(await chat.get('OPTIONS', { fresh: true }));
  return role === 'USER' && options.includes('USERS_ARE_LISTENERS') ? 'USERS_ARE_LISTENERS' : undefined;
}

async function offline(sender: CommandSender): Promise<ChatRefusal | undefined> {
  for (const parameter of ['CONNSTATUS', 'USERSTATUS'] as const) {
    const reply = await sender.command(commands.getParameter(parameter)).catch(() => undefined);
    if (
      reply?.kind === 'parameter' &&
      reply.value !== '' &&
      /^(OFFLINE|LOGGEDOUT|CONNECTING|PAUSING)$/.test(reply.value)
    ) {
      return 'OFFLINE';
    }
  }
  return undefined;
}
