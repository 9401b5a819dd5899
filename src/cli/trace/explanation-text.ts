import { type Explanation, explain } from '../../protocol.js';
import { printable } from '../terminal-text.js';

/** An explanation, for people to read. */
export function explanationText(explanation: Explanation): string {
  const { from, message, parts, replies, errors, corrections, correctedLine } = explanation;
  const sections = [
    from === 'client' ? 'A command, sent by the client.' : 'Sent by the endpoint.',
    table(parts.map((part) => [part.text, part.note])),
  ];
  if (replies.length > 0)
    sections.push(`Answered with\n${replies.map((reply) => `  ${printable(reply)}\n`).join('')}`);
  if (errors.length > 0) {
    const rows = errors.map(
      ({ number, text, reason = '' }) => [`ERROR ${number}`, `${text}. ${reason}`.trimEnd()] as const,
    );
    sections.push(`${message.kind === 'unknown' ? 'Answered' : 'Or'} with\n${table(rows)}`);
  }
  if (correctedLine !== undefined) {
    const words = corrections
      .map(({ word, suggestion }) => `${suggestion} instead of ${printable(word)}`)
      .join(', ');
    const arrow = from === 'client' ? '->' : '<-';
    sections.push(`Did you mean ${words}?\n`, explanationText(explain(`${arrow} ${correctedLine}`)));
  }
  return sections.join('\n');
}

/** Two columns; a long left cell takes a line of its own. */
export function table(rows: readonly (readonly [string, string])[]): string {
  const shown = rows.map(([left, right]) => [printable(left), printable(right)] as const);
  const width = Math.max(...shown.map(([left]) => (left.length > 32 ? 0 : left.length)));
  return shown
    .map(([left, right]) =>
      left.length > width
        ? `  ${left}\n  ${' '.repeat(width)}  ${right}\n`
        : `  ${left.padEnd(width)}  ${right}\n`,
    )
    .join('');
}
