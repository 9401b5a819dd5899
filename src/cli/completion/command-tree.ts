import type { Command } from 'commander';

/** An option of a command, for texts about commands. */
export interface OptionFacts {
  /** Such as `-o, --out <folder>`. */
  readonly flags: string;
  /** Each way to write it: `-o`, `--out`. */
  readonly names: readonly string[];
  readonly summary: string;
  /** Values that it takes, where there are some to choose from. */
  readonly choices: readonly string[];
  readonly takesValue: boolean;
}

/** A command, for texts about commands. */
export interface CommandFacts {
  /** Words after `jackfield`; empty for the program itself. */
  readonly path: readonly string[];
  readonly summary: string;
  /** Such as `[options] <input> <output>`. */
  readonly usage: string;
  readonly arguments: readonly { readonly name: string; readonly summary: string }[];
  readonly options: readonly OptionFacts[];
  readonly commands: readonly CommandFacts[];
}

/** Facts about a command and all that are below it. */
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

/** A command and all that are below it, each before what is below it. */
export function allCommands(facts: CommandFacts): readonly CommandFacts[] {
  return [facts, ...facts.commands.flatMap(allCommands)];
}
