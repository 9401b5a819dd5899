import { open } from 'node:fs/promises';
import type { Chat, MessageContent } from '../../control.js';
import { checkOutput, intoFile, type OutputOptions } from '../outputs.js';
import { Report } from '../report.js';
import { stopSignal } from '../shutdown.js';
import { printable, printedTime } from '../terminal-text.js';
import { chatFacts } from './chat-actions.js';
import { messageLines, messageText } from './chat-lines.js';
import { findChat } from './find-chat.js';
import { attachPeople, type PeopleOptions } from './people-options.js';

type ChatFacts = Awaited<ReturnType<typeof chatFacts>>;

/** An export format: the text before the messages, of each message, and after them. */
interface Form {
  head(chat: ChatFacts): string;
  message(message: MessageContent, isFirst: boolean): string;
  readonly tail: string;
}

const FORMS = {
  json: {
    head: (chat) => `{"chat":${JSON.stringify(chat)},"messages":[`,
    message: (message, isFirst) => `${isFirst ? '' : ','}\n${JSON.stringify(message)}`,
    tail: '\n]}\n',
  },
  text: {
    head: ({ id, name }) => `${printable(name)}\n${printable(id)}\n\n`,
    message: (message) => `${messageLines(message).join('\n')}\n`,
    tail: '',
  },
  html: { head: htmlHead, message: htmlMessage, tail: '</body>\n</html>\n' },
} as const satisfies Record<string, Form>;

/** Formats of an export. */
export const CHAT_FORMATS = Object.keys(FORMS) as (keyof typeof FORMS)[];

export async function exportChat(
  named: string,
  file: string,
  options: PeopleOptions & OutputOptions & { readonly format: keyof typeof FORMS },
): Promise<void> {
  const report = new Report(options.json);
  await checkOutput(file, options);
  const signal = stopSignal();
  await using attached = await attachPeople(options);
  const chat = await findChat(attached.client, named);
  const count = await intoFile(file, options, (part) => writeChat(chat, part, FORMS[options.format], signal));
  report.line({ chat: chat.id, file, messages: count }, `${count} messages of ${chat.id} are in ${file}.`);
}

/** Writes page by page, because a chat may be larger than memory. */
async function writeChat(chat: Chat, part: string, form: Form, signal: AbortSignal): Promise<number> {
  // The file exists already, empty and readable by its owner only.
  await using file = await open(part, 'r+');
  await file.write(form.head(await chatFacts(chat)));
  let count = 0;
  for await (const page of chat.history({ from: 'oldest', pageSize: 100, signal })) {
    await file.write(page.map((message, index) => form.message(message, count + index === 0)).join(''));
    count += page.length;
  }
  await file.write(form.tail);
  return count;
}

/** The page must not load or run anything, because it contains texts of others. */
function htmlHead({ id, name }: ChatFacts): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escaped(name)}</title>
<style>
body { font: 1rem/1.4 sans-serif; max-width: 50rem; margin: 2rem auto; }
p { margin: 0.3rem 0; white-space: pre-wrap; overflow-wrap: anywhere; }
.told { color: #666; }
time { color: #666; font-size: 0.8rem; }
</style>
</head>
<body>
<h1><bdi>${escaped(name)}</bdi></h1>
<p class="told"><bdi>${escaped(id)}</bdi></p>
`;
}

function htmlMessage(message: MessageContent): string {
  const { type, from, displayName, sentAtMs } = message;
  const at = printedTime(sentAtMs);
  const kind = type === 'SAID' ? '' : ' class="told"';
  const who = `<b title="${escaped(from)}"><bdi>${escaped(displayName || from)}</bdi></b>`;
  return `<p${kind}><time>${at}</time> ${who} <bdi>${escaped(messageText(message))}</bdi></p>\n`;
}

/** Escapes a text for HTML elements and attributes. Control characters other than line breaks are written out. */
function escaped(text: string): string {
  return text
    .split(/(\r\n|[\n\t])/)
    .map((part, index) => (index % 2 === 1 ? part : printable(part)))
    .join('')
    .replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
