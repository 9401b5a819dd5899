import { EXIT_CODES, EXIT_MEANINGS } from '../exit-codes.js';
import { allCommands, type CommandFacts } from './command-tree.js';

/**
 * Creates the page for `man` of the program, or of a command with its subcommands.
 *
 * @param version Version of the package.
 */
export function manualPage(command: CommandFacts, version: string): string {
  const name = nameOf(command).replaceAll(' ', '-');
  return [
    `.TH ${name.toUpperCase()} 1 "" "jackfield ${version}" "Jackfield"`,
    '.SH NAME',
    `${roff(name)} \\- ${roff(command.summary.replace(/\.$/, ''))}`,
    '.SH SYNOPSIS',
    `.B ${roff(nameOf(command))}`,
    roff(command.usage),
    ...(command.path.length === 0 ? overview(command) : allCommands(command).flatMap(sections)),
    '.SH EXIT STATUS',
    ...Object.entries(EXIT_MEANINGS).flatMap(([key, meaning]) =>
      entry(String(EXIT_CODES[key as keyof typeof EXIT_CODES]), meaning),
    ),
    '',
  ].join('\n');
}

function nameOf({ path }: CommandFacts): string {
  return ['jackfield', ...path].join(' ');
}

/** The list of commands, which have separate pages. */
function overview({ commands }: CommandFacts): string[] {
  return [
    '.SH COMMANDS',
    ...commands.flatMap((command) => entry(`jackfield-${command.path.join('-')}(1)`, command.summary)),
  ];
}

function sections(command: CommandFacts): string[] {
  return [
    `.SH ${roff(nameOf(command)).toUpperCase()}`,
    `.B ${roff(nameOf(command))}`,
    roff(command.usage),
    '.PP',
    roff(command.summary),
    ...command.arguments.flatMap(({ name, summary }) => entry(name, summary)),
    ...command.options.flatMap(({ flags, summary }) => entry(flags, summary)),
  ];
}

function entry(term: string, text: string): string[] {
  return ['.TP', `.B ${roff(term)}`, roff(text || term)];
}

/** Escapes requests, escapes and hyphens of roff. */
function roff(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/\n+/g, '\n.br\n')
    .replace(/^([.'])(?!br$)/gm, '\\&$1');
}
