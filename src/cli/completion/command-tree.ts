import type { Command } from 'commander';

/** Facts about an option, for help texts and completion. */
export interface OptionFacts {
  /** Flags, such as `-o, --out <folder>`. */
  readonly flags: string;
  /** All names: `-o`, `--out`. */
  readonly names: readonly string[];
  readonly summary: string;
  /** Allowed values; empty when any value is allowed. */
  readonly choices: readonly string[];
  readonly takesValue: boolean;
}

/** Facts about a command, for help texts and completion. */
export interface CommandFacts {
  /** Words after `jackfield`; empty for the program itself. */
  readonly path: readonly string[];
  readonly summary: string;
  /** Usage, such as `[options] <input> <output>`. */
  readonly usage: string;
  readonly arguments: readonly { readonly name: string; readonly summary: string }[];
  readonly options: readonly OptionFacts[];
  readonly commands: readonly CommandFacts[];
}

/** Collects facts about a command and its subcommands. */
export function commandFacts(command: Command, path: readonly string[] = []): CommandFacts {
  const help = command.createHelp();
  return {
    path,
    summary: command.description(),
    usage: command.usage(),
    arguments: help.visibleArguments(command).map((argument) => ({
      name: help.argumentTerm(argument),
      summary: help.argumentDescription(argument),
    })),
    options: help.visibleOptions(command).map((option) => ({
      flags: option.flags,
      names: [option.short, option.long].filter((name) => name !== undefined),
      summary: help.optionDescription(option),
      choices: option.argChoices ?? [],
      takesValue: option.required || option.optional,
    })),
    commands: command.commands.map((child) => commandFacts(child, [...path, child.name()])),
  };
}

/** A command and all its subcommands, parents first. */
export function allCommands(facts: CommandFacts): readonly CommandFacts[] {
  return [facts, ...facts.commands.flatMap(allCommands)];
}
