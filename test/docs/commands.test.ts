import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { beforeAll, describe, expect, it } from 'vitest';
import { jackfieldProgram } from '../../src/cli/program.js';
import { BLOCKS, blocksIn, ROOT, TEXTS } from './blocks.js';

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

describe('a name in the prose', () => {
  const called = (pattern: RegExp) =>
    [...TEXTS].flatMap(([page, text]) =>
      [...text.matchAll(pattern)].map(([, words = '']) => `${page}: ${words}`),
    );

  it('of a command of Jackfield exists, with its options', async () => {
    const program = await jackfieldProgram();
    const spans = called(/`(?:npx )?jackfield ([a-z][^`]*)`/g);
    expect(spans.length).toBeGreaterThan(40);
    expect(
      spans.flatMap((span) => faultsOf(program, span.replace(/^.*?: /s, '').split(/\s+/), span)),
    ).toEqual([]);
    expect(faultsOf(program, ['wav', 'inform', '--jason'], 'control')).toEqual([
      'control: no command inform',
    ]);
    expect(faultsOf(program, ['wav', 'info', '--jason'], 'control')).toEqual(['control: no option --jason']);
  });

  it('of a script of npm exists', async () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    const spans = called(/\bnpm run (?:--?[a-z]+ )*([a-z][\w:-]*)/g);
    expect(spans.length).toBeGreaterThan(15);
    expect(spans.filter((span) => !Object.hasOwn(scripts, span.replace(/^.*: /, '')))).toEqual([]);
  });
});

/** Names what a program does not have of some words: a command, or options of it. */
function faultsOf(program: Command, words: readonly string[], place: string): string[] {
  let command = program;
  let at = 0;
  for (; command.commands.length > 0 && at < words.length && !words[at]?.startsWith('-'); at++) {
    const next = command.commands.find((each) => each.name() === words[at]);
    if (!next) return [`${place}: no command ${words[at]}`];
    command = next;
  }
  const known = ['--help', ...command.options.flatMap(({ long, short }) => [long, short])];
  const options = words.slice(at).filter((word) => /^--?[a-z]/.test(word));
  return options.filter((option) => !known.includes(option)).map((option) => `${place}: no option ${option}`);
}

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
