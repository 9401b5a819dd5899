import { Command } from 'commander';
import { explain } from '../../protocol.js';
import { printLines } from '../terminal-text.js';
import { textWidthFor } from '../wrapped-text.js';
import { explanationText } from './explanation-text.js';

/** `jackfield explain <line>`: explains a line of the protocol. */
export function explainCommand(): Command {
  return new Command('explain')
    .argument('<line...>', 'a command or a reply; put "->" or "<-" in front to say which')
    .option('--json', 'print the explanation as JSON')
    .allowUnknownOption() // a line that begins with "->" is not an option
    .addHelpText('after', '\nExample:\n  jackfield explain \'ALTER CALL 5 SET_INPUT PORT="5001"\'')
    .action(async (words: string[], options: { json?: boolean }) => {
      const explanation = explain(words.join(' '));
      const json = JSON.stringify(explanation, undefined, 2);
      const text = options.json ? json : explanationText(explanation, await textWidthFor(json));
      printLines(text);
      if (explanation.message.kind === 'unknown') process.exitCode = 1;
    });
}
