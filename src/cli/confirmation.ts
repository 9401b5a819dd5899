import { createInterface } from 'node:readline/promises';
import { printable } from './terminal-text.js';

/**
 * Asks at the terminal before something is deleted. Without a terminal, only `--yes` counts as yes.
 *
 * @param options.yes True when confirmed on the command line.
 * @param options.count Number of things to delete. 0 needs no question.
 */
export async function isConfirmed(
  question: string,
  { yes, count }: { readonly yes: boolean; readonly count: number },
): Promise<boolean> {
  if (yes || count === 0) return yes;
  if (!process.stdin.isTTY || !process.stderr.isTTY) return false;
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  // Ctrl-C ends the command.
  lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  try {
    return /^y(es)?$/i.test((await lines.question(printable(`${question} [y/N] `))).trim());
  } finally {
    lines.close();
  }
}
