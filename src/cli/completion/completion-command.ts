import { Argument, Command } from 'commander';
import { printLines } from '../terminal-text.js';
import { commandFacts } from './command-tree.js';
import { completionScript, SHELLS, type Shell } from './completion-scripts.js';

/**
 * `jackfield completion`: prints the completion script of a shell.
 *
 * @param program Loads the program with all commands.
 */
export function completionCommand(program: () => Promise<Command>): Command {
  return new Command('completion')
    .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
    .addHelpText('after', '\nExample:\n  source <(jackfield completion bash)')
    .action(async (shell: Shell) => {
      printLines(completionScript(commandFacts(await program()), shell));
    });
}
