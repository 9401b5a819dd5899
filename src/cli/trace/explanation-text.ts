import { type Explanation, explain } from '../../protocol.js';
import { printable } from '../terminal-text.js';
import { type TextWidth, terminalWidth, wrapped } from '../wrapped-text.js';

/** Formats an explanation for people. */
export function explanationText(explanation: Explanation, widthOf: TextWidth): string {
  const { from, message, parts, replies, errors, corrections, correctedLine } = explanation;
  const sections = [
    from === 'client' ? 'A command, sent by the client.' : 'Sent by the endpoint.',
    table(
      parts.map((part) => [part.text, part.note]),
      widthOf,
    ),
  ];
  if (replies.length > 0)
    sections.push(`Answered with\n${replies.map((reply) => `  ${printable(reply)}\n`).join('')}`);
  if (errors.length > 0) {
    const rows = errors.map(
      ({ number, text, reason = '' }) => [`ERROR ${number}`, `${text}. ${reason}`.trimEnd()] as const,
    );
    sections.push(`${message.kind === 'unknown' ? 'Answered' : 'Or'} with\n${table(rows, widthOf)}`);
  }
  if (correctedLine !== undefined) {
    const words = corrections
      .map(({ word, suggestion }) => `${suggestion} instead of ${printable(word)}`)
      .join(', ');
    const arrow = from === 'client' ? '->' : '<-';
    sections.push(`Did you mean ${words}?\n`, explanationText(explain(`${arrow} ${correctedLine}`), widthOf));
  }
  return sections.join('\n');
}

/** Formats two columns. A long left cell gets its own line, and the right cell is wrapped to the terminal. */
export function table(rows: readonly (readonly [string, string])[], widthOf: TextWidth): string {
  const shown = rows.map(([left, right]) => [printable(left), printable(right)] as const);
  const width = Math.max(...shown.map(([left]) => (left.length > 32 ? 0 : left.length)));
  const isNarrow = terminalWidth() < width + 24;
  const indent = isNarrow ? 4 : width + 4;
  const room = Math.max(8, terminalWidth() - indent);
  return shown
    .map(([left, right]) => {
      const [first = '', ...others] = Number.isFinite(room) ? wrapped(right, room, widthOf) : [right];
      const rest = others.map((line) => `${' '.repeat(indent)}${line}\n`).join('');
      return left.length > width || isNarrow
        ? `  ${left}\n${' '.repeat(indent)}${first}\n${rest}`
        : `  ${left.padEnd(width)}  ${first}\n${rest}`;
    })
    .join('');
}
