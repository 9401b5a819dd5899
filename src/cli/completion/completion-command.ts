import { Argument, Command } from 'commander';
import { printLines } from '../terminal-text.js';
import { commandFacts } from './command-tree.js';
import { completionScript, SHELLS, type Shell } from './completion-scripts.js';

/**
 * `jackfield completion`: prints what a shell completes command lines with.
 *
 * @param program Gives the program with all of its commands.
 */
export function completionCommand(program: () => Promise<Command>): Command {
  return new Command('completion')
    .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
    .addHelpText('after', '\nExample:\n  source <(jackfield completion bash)')
    .action(async (shell: Shell) => {
      printLines(completionScript(commandFacts(await program()), shell));
    });
}
