import { allCommands, type CommandFacts, type OptionFacts } from './command-tree.js';

/** Supported shells. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;

export type Shell = (typeof SHELLS)[number];

/** Creates the completion script of a shell. */
export function completionScript(program: CommandFacts, shell: Shell): string {
  return { bash: bashScript, zsh: zshScript, fish: fishScript }[shell](program);
}

/** Path of a command in the scripts: `/wav/trim`; empty for the program. */
function placeOf({ path }: CommandFacts): string {
  return path.map((name) => `/${name}`).join('');
}

function namesOf({ options }: CommandFacts): string[] {
  return options.flatMap(({ names }) => names);
}

/** Lines of a `case` that find the command typed so far. */
function walk(program: CommandFacts): string {
  const places = allCommands(program).filter(({ path }) => path.length > 0);
  return places.map((command) => `      ${placeOf(command)}) place=$place/$word ;;`).join('\n');
}

/** Entries with the allowed values of options. */
function choices(
  program: CommandFacts,
  entry: (pattern: string, values: readonly string[]) => string,
): string {
  const entries = allCommands(program).flatMap((command) =>
    command.options
      .filter((option) => option.choices.length > 0)
      .map((option) =>
        entry(option.names.map((name) => `${placeOf(command)}:${name}`).join('|'), option.choices),
      ),
  );
  return entries.join('\n');
}

function bashScript(program: CommandFacts): string {
  const words = allCommands(program).map((command) => {
    const names = [...command.commands.map(({ path }) => path.at(-1)), ...namesOf(command)];
    return `    ${placeOf(command) || "''"}) words='${names.join(' ')}' ;;`;
  });
  return `# Completion of jackfield for bash: put it into ~/.local/share/bash-completion/completions/jackfield
_jackfield() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} place='' word words=''
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $place/$word in
${walk(program)}
    esac
  done
  case $place in
${words.join('\n')}
  esac
  case $place:$previous in
${choices(program, (pattern, values) => `    ${pattern}) words='${values.join(' ')}' ;;`)}
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -o default -F _jackfield jackfield
`;
}

/** Quotes a text for zsh. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function described(name: string, summary: string): string {
  return quoted(`${name.replaceAll(':', '\\:')}:${summary}`);
}

function zshScript(program: CommandFacts): string {
  const words = allCommands(program).map((command) => {
    const entries = [
      ...command.commands.map(({ path, summary }) => described(path.at(-1) ?? '', summary)),
      ...command.options.flatMap(({ names, summary }) => names.map((name) => described(name, summary))),
    ];
    return `    ${placeOf(command) || "''"}) entries=(${entries.join(' ')}) ;;`;
  });
  return `#compdef jackfield
# Completion of jackfield for zsh: put it as _jackfield into a folder of $fpath
_jackfield() {
  local place='' word
  local -a entries
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case $place/$word in
${walk(program)}
    esac
  done
  case $place in
${words.join('\n')}
  esac
  case $place:$words[CURRENT-1] in
${choices(program, (pattern, values) => `    ${pattern}) entries=(${values.map(quoted).join(' ')}) ;;`)}
  esac
  _describe 'jackfield' entries || _files
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _jackfield "$@"; else compdef _jackfield jackfield; fi
`;
}

/** Quotes a text for fish. */
function fishQuoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

function fishOption({ names, summary, choices: values, takesValue }: OptionFacts): string {
  const written = names.map((name) =>
    name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`,
  );
  const value = values.length > 0 ? ` -x -a ${fishQuoted(values.join(' '))}` : takesValue ? ' -r' : '';
  return `${written.join(' ')}${value} -d ${fishQuoted(summary)}`;
}

function fishScript(program: CommandFacts): string {
  const entries = allCommands(program).flatMap((command) => {
    const start = `complete -c jackfield -n ${fishQuoted(`__jackfield_at '${placeOf(command)}'`)}`;
    return [
      ...command.commands.map(({ path, summary }) => `${start} -a ${path.at(-1)} -d ${fishQuoted(summary)}`),
      ...command.options.map((option) => `${start} ${fishOption(option)}`),
    ];
  });
  const places = allCommands(program).filter(({ path }) => path.length > 0);
  return `# Completion of jackfield for fish: put it into ~/.config/fish/completions/jackfield.fish
function __jackfield_at
  set -l place ''
  for word in (commandline -opc)[2..]
    switch $place/$word
      case ${places.map(placeOf).join(' ')}
        set place $place/$word
    end
  end
  test "$place" = "$argv[1]"
end
${entries.join('\n')}
`;
}
