import type { Command, Option } from 'commander';
import { describe, expect, it } from 'vitest';
import { jackfieldProgram } from '../../src/cli/program.js';

/** What no option takes for a number. */
const NONSENSE = [
  'NaN',
  'Infinity',
  '-Infinity',
  '1e999',
  '',
  ' ',
  'x',
  '1x',
  '1 2',
  '9'.repeat(30),
  '-999999',
];
/** One of these is in the range of every option. */
const SENSE = ['0', '1', '100', '1000', '10000', '-50', 'clients=10'];
/** What an option's help calls a number. */
const NUMBER =
  /<(?:n|count|ms|seconds|days|bytes|bits|Hz|pixels|port|version|dBFS|dB\.\.\.|name=number\.\.\.)>/;

const options = optionsOf(await jackfieldProgram());

function optionsOf(command: Command, path = ''): [string, Option][] {
  return [
    ...command.options.map((option): [string, Option] => [`${path} ${option.flags}`.trim(), option]),
    ...command.commands.flatMap((each) => optionsOf(each, `${path} ${each.name()}`)),
  ];
}

function taken(option: Option, text: string): unknown {
  return option.parseArg?.(text, undefined as never);
}

function refuses(option: Option, text: string): boolean {
  try {
    return taken(option, text) === undefined;
  } catch (error) {
    expect(error).toMatchObject({ code: 'commander.invalidArgument' });
    expect((error as Error).message).toMatch(/^Give /);
    return true;
  }
}

/** All but the days of the week, which are names. */
const numbers = options.filter(([, { flags }]) => NUMBER.test(flags) && !flags.includes('--weekdays'));

describe('a number on the command line', () => {
  it('is an option of many commands', () => {
    expect(numbers.length).toBeGreaterThan(25);
  });

  it.each(numbers)('%s', (_name, option) => {
    const list = option.variadic ? { ...option, parseArg: each(option) } : option;
    const texts = option.flags.includes('name=number') ? NONSENSE.map((text) => `clients=${text}`) : NONSENSE;
    expect(texts.filter((text) => !refuses(list as Option, text))).toEqual([]);
    expect(SENSE.some((text) => !refuses(list as Option, text))).toBe(true);
  });

  it('is never parsed by a function that accepts other text', () => {
    const loose = options.filter(([, { parseArg }]) => parseArg === (Number as never));
    expect(loose.map(([name]) => name)).toEqual([]);
  });
});

/** A variadic option is given what came before. */
function each(option: Option): (text: string) => unknown {
  const before = option.defaultValue;
  return (text) => option.parseArg?.(text, before as never);
}
