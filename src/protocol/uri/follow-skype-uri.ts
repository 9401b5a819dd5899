import { callback, checkArgument, words } from '../../base/check.js';
import { entryOf } from '../../base/entry-of.js';
import { JackfieldError } from '../../base/errors.js';
import type { CommandMessage, EndpointMessage } from '../message.js';
import { parseSkypeUri, SKYPE_URI_ACTIONS, type SkypeUri } from './skype-uri.js';

/** Sends a command to an endpoint, and resolves to its answer. */
export type UriSender = (command: CommandMessage) => Promise<EndpointMessage>;

type Steps = (uri: SkypeUri, send: UriSender) => Promise<unknown>;

/** Text that is a single word of a command. */
const WORD = /^[^\s\p{Cc}]+$/u;
/** Text that is a single word and a single item of a list. */
const ITEM = /^[^\s,;"\p{Cc}]+$/u;

/** Commands for each action. They do the same as Skype for Windows did (reference, "Skype URI handler"). */
const ACTIONS: Readonly<Record<string, Steps>> = {
  call: ({ targets }, send) => send({ kind: 'call', targets: several(targets, 'call') }),
  chat,
  voicemail: ({ targets }, send) => send({ kind: 'call-voicemail', target: one(targets, 'voicemail') }),
  add: ({ targets }, send) => send({ kind: 'open', what: 'ADDAFRIEND', argument: one(targets, 'add') }),
  sendfile: ({ targets }, send) =>
    send({ kind: 'open', what: 'FILETRANSFER', argument: several(targets, 'sendfile').join(', ') }),
  userinfo: ({ targets }, send) =>
    send({ kind: 'open', what: 'USERINFO', argument: one(targets, 'userinfo') }),
};

/**
 * Carries out a `skype:` URI by commands of the API, as Skype for Windows did. Without a target it shows the main
 * window; without an action it calls. `chat` opens the chat with the targets, or the chat of an `id` or a `blob`, and
 * sets its `topic` if there is one. `add`, `sendfile` and `userinfo` open their windows, so that a person decides.
 *
 * @returns the parsed URI.
 * @throws as `parseSkypeUri`; ERR_SYNTAX for an unknown action, for targets that are not allowed, and for a word that
 * would be read as several; the errors of `send`.
 */
export async function followSkypeUri(uri: string, send: UriSender): Promise<SkypeUri> {
  checkArgument('uri', uri, words);
  checkArgument('send', send, callback);
  const parsed = parseSkypeUri(uri);
  for (const target of parsed.targets) oneWord('target', target, ITEM);
  const { action, targets } = parsed;
  if (action === undefined && targets.length === 0) await send({ kind: 'focus' });
  else {
    const steps = entryOf(ACTIONS, action ?? 'call');
    if (!steps) {
      throw syntax(`has one of the actions ${SKYPE_URI_ACTIONS.join(', ')}, not ${JSON.stringify(action)}`);
    }
    await steps(parsed, send);
  }
  return parsed;
}

async function chat({ targets, terms }: SkypeUri, send: UriSender): Promise<void> {
  const topic = terms.get('topic');
  const id = terms.has('id') ? oneWord('id', terms.get('id') ?? '') : await chatFor(targets, terms, send);
  await send({ kind: 'open', what: 'CHAT', argument: id });
  if (topic !== undefined) {
    await send({ kind: 'alter', object: 'CHAT', id, action: 'SETTOPIC', argument: topic });
  }
}

/** Creates or finds the chat of a blob, or the chat with these targets. @returns its id. */
async function chatFor(
  targets: readonly string[],
  terms: SkypeUri['terms'],
  send: UriSender,
): Promise<string> {
  const blob = terms.get('blob');
  const reply = await send(
    blob === undefined
      ? { kind: 'chat', action: 'CREATE', argument: several(targets, 'chat').join(', ') }
      : { kind: 'chat', action: 'CREATEUSINGBLOB', argument: oneWord('blob', blob) },
  );
  if (reply.kind === 'property' && reply.object === 'CHAT') return reply.id;
  throw new JackfieldError(
    'ERR_UNEXPECTED_REPLY',
    `CHAT was answered with a message of the kind "${reply.kind}": expected the status of a chat.`,
  );
}

function several(targets: readonly string[], action: string): readonly string[] {
  if (targets.length === 0) throw syntax(`needs a target for "${action}": skype:echo123?${action}`);
  return targets;
}

function one(targets: readonly string[], action: string): string {
  const [target = '', ...more] = several(targets, action);
  if (more.length > 0) throw syntax(`takes one target for "${action}", not ${targets.length}`);
  return target;
}

function oneWord(part: string, text: string, allowed = WORD): string {
  if (allowed.test(text)) return text;
  throw syntax(`has one word without spaces as its ${part}; got ${JSON.stringify(text)}`);
}

function syntax(problem: string): JackfieldError {
  return new JackfieldError('ERR_SYNTAX', `A Skype URI ${problem}.`);
}
