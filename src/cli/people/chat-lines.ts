import type { MessageContent } from '../../control.js';
import { printable, printedTime } from '../terminal-text.js';

/** Everything that ends a line somewhere: in a terminal, an editor, a page or another program. */
const LINE_ENDS = /\r\n|[\n\r\v\f\u0085\u2028\u2029]/;

/**
 * A message as lines for people. Further lines of a text are set in, so that none can pass for a message of somebody
 * else; whatever could steer a terminal is written out.
 */
export function messageLines(message: MessageContent): string[] {
  const [first = '', ...more] = wordsOf(message).split(LINE_ENDS);
  const who = `${printedTime(message.sentAtMs)}  ${message.from}`;
  const head = message.type === 'SAID' ? `${who}: ${first}` : `${who} ${first}`;
  return [head, ...more.map((line) => `    ${line}`)].map(printable);
}

/** The text of a message; of one that the chat has told itself, what it says in words. */
export function wordsOf(message: MessageContent): string {
  const { type, body } = message;
  const detail = detailOf(message);
  if (type === 'SAID') return body;
  return [`* ${type}`, detail, body].filter((part) => part !== '').join(' ');
}

function detailOf({ users, leaveReason, role, options }: MessageContent): string {
  return [...users, leaveReason, role, ...(options ?? [])].filter((part) => part !== undefined).join(' ');
}
