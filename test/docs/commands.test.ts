import type { Command } from 'commander';
import { beforeAll, describe, expect, it } from 'vitest';
import { jackfieldProgram } from '../../src/cli/program.js';
import { BLOCKS, blocksIn } from './blocks.js';

/** A command line of Jackfield in the documentation. */
interface Line {
  readonly place: string;
  readonly words: readonly string[];
}

const LINES = blocksIn('sh', 'console').flatMap(({ page, line, code }) => {
  const joined = code.replace(/\\\n\s*/g, ' ').replace(/^\$ /gm, '');
  return joined.split('\n').flatMap((text) =>
    commandsIn(text).flatMap((words): Line[] => {
      const rest = words[0] === 'npx' ? words.slice(1) : words;
      return rest[0] === 'jackfield'
        ? alternatives(rest.slice(1)).map((each) => ({ place: `${page}:${line}`, words: each }))
        : [];
    }),
  );
});

describe('each command line of the documentation', () => {
  let program: Command;
  let said = '';
  beforeAll(async () => {
    program = await jackfieldProgram();
    quieten(program);
  });

  /** Nothing is run: a line is parsed, with its options, choices and numbers. */
  const quieten = (command: Command) => {
    const writeErr = (text: string) => {
      said += text;
    };
    command.exitOverride().configureOutput({ writeErr, writeOut: () => {} });
    if (command.commands.length === 0) command.action(() => {});
    for (const each of command.commands) quieten(each);
  };

  it('is found', () => {
    expect(LINES.length).toBeGreaterThan(40);
    expect(BLOCKS.length).toBeGreaterThan(60);
  });

  it.each(LINES.map(({ place, words }) => [`${place}: jackfield ${words.join(' ')}`, words] as const))(
    '%s',
    async (_, words) => {
      said = '';
      await program.parseAsync([...words], { from: 'user' }).catch((error: Error) => {
        throw new Error(said || error.message);
      });
    },
  );
});

/** The words of each command of a line, as a shell parts them; what follows `#` is a comment. */
function commandsIn(line: string): string[][] {
  const commands: string[][] = [[]];
  for (const [token, single, double] of line.matchAll(/'([^']*)'|"([^"]*)"|#.*$|\|\||&&|\||[^\s'"]+/g)) {
    if (token.startsWith('#')) break;
    if (token === '|' || token === '&&' || token === '||') commands.push([]);
    else commands.at(-1)?.push(single ?? double ?? token);
  }
  return commands.filter((words) => words.length > 0);
}

/** `show|play` stands for a command each. */
function alternatives(words: readonly string[]): string[][] {
  const at = words.findIndex((word) => /^\w+(\|\w+)+$/.test(word));
  const choice = words[at];
  if (choice === undefined) return [[...words]];
  return choice.split('|').map((each) => [...words.slice(0, at), each, ...words.slice(at + 1)]);
}
