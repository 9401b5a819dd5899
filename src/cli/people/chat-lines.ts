import type { MessageContent } from '../../control.js';
import { printable, printedTime } from '../terminal-text.js';

/** All line endings of terminals, editors, pages and other programs. */
const LINE_ENDS = /\r\n|[\n\r\v\f\u0085\u2028\u2029]/;

/**
 * Formats a message as lines for people. Further lines of a text are indented, so that they cannot look like a message
 * of another person. Control characters are written out.
 */
export function messageLines(message: MessageContent): string[] {
  const [first = '', ...more] = messageText(message).split(LINE_ENDS);
  const who = `${printedTime(message.sentAtMs)}  ${message.from}`;
  const head = message.type === 'SAID' ? `${who}: ${first}` : `${who} ${first}`;
  return [head, ...more.map((line) => `    ${line}`)].map(printable);
}

/** The text of a message; for a system message, its description. */
export function messageText(message: MessageContent): string {
  const { type, body } = message;
  const detail = detailOf(message);
  if (type === 'SAID') return body;
  return [`* ${type}`, detail, body].filter((part) => part !== '').join(' ');
}

function detailOf({ users, leaveReason, role, options }: MessageContent): string {
  return [...users, leaveReason, role, ...(options ?? [])].filter((part) => part !== undefined).join(' ');
}
