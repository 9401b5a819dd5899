import { Command } from 'commander';
import { type Explanation, explain } from '../index.js';

/** `jackfield explain <line>`: says what a line of the protocol means. */
export function explainCommand(): Command {
  return new Command('explain')
    .description('Say what each part of a protocol line is, what comes back, and which errors can.')
    .argument('<line...>', 'a command or a reply; "->" or "<-" in front says which')
    .option('--json', 'print the explanation as JSON')
    .allowUnknownOption() // a line that begins with "->" is not an option
    .addHelpText('after', '\nExample:\n  jackfield explain \'ALTER CALL 5 SET_INPUT PORT="5001"\'')
    .action((words: string[], options: { json?: boolean }) => {
      const explanation = explain(words.join(' '));
      process.stdout.write(
        options.json ? `${JSON.stringify(explanation, undefined, 2)}\n` : text(explanation),
      );
      if (explanation.message.kind === 'unknown') process.exitCode = 1;
    });
}

function text(explanation: Explanation): string {
  const { from, message, parts, replies, errors, corrections, correctedLine } = explanation;
  const sections = [
    from === 'client' ? 'A command, sent by the client.' : 'Sent by the endpoint.',
    table(parts.map((part) => [part.text, part.note])),
  ];
  if (replies.length > 0) sections.push(`Answered with\n${replies.map((reply) => `  ${reply}\n`).join('')}`);
  if (errors.length > 0) {
    const rows = errors.map(
      ({ number, text, reason = '' }) => [`ERROR ${number}`, `${text}. ${reason}`.trimEnd()] as const,
    );
    sections.push(`${message.kind === 'unknown' ? 'Answered' : 'Or'} with\n${table(rows)}`);
  }
  if (correctedLine !== undefined) {
    const words = corrections.map(({ word, suggestion }) => `${suggestion} instead of ${word}`).join(', ');
    const arrow = from === 'client' ? '->' : '<-';
    sections.push(`Did you mean ${words}?\n`, text(explain(`${arrow} ${correctedLine}`)));
  }
  return sections.join('\n');
}

/** Two columns; a long left cell takes a line of its own. */
function table(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => (left.length > 32 ? 0 : left.length)));
  return rows
    .map(([left, right]) =>
      left.length > width
        ? `  ${left}\n  ${' '.repeat(width)}  ${right}\n`
        : `  ${left.padEnd(width)}  ${right}\n`,
    )
    .join('');
}
