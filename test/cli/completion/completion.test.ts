import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { allCommands, type CommandFacts, commandFacts } from '../../../src/cli/completion/command-tree.js';
import { completionScript, SHELLS } from '../../../src/cli/completion/completion-scripts.js';
import { manualPage } from '../../../src/cli/completion/manual-page.js';
import { EXIT_CODES, EXIT_MEANINGS } from '../../../src/cli/exit-codes.js';
import { jackfieldProgram } from '../../../src/cli/program.js';

const has = (program: string) => spawnSync(program, ['--version']).error === undefined;

let facts: CommandFacts;
let version = '';
beforeAll(async () => {
  const program = await jackfieldProgram();
  facts = commandFacts(program);
  version = program.version() ?? '';
});

describe('completion', () => {
  /** Words that bash offers for each of these command lines. */
  function offered(lines: readonly (readonly string[])[]): string[][] {
    const tries = lines.map((words) => {
      const typed = words.map((word) => `'${word}'`).join(' ');
      return `COMP_WORDS=(jackfield ${typed}); COMP_CWORD=${words.length}; _jackfield; echo "\${COMPREPLY[*]}"`;
    });
    const script = `${completionScript(facts, 'bash')}\n${tries.join('\n')}`;
    const { stdout, stderr } = spawnSync('bash', ['-c', script], { encoding: 'utf8' });
    expect(stderr).toBe('');
    return stdout
      .split('\n')
      .slice(0, -1)
      .map((line) => line.split(' '));
  }

  it.skipIf(!has('bash'))(
    'of bash offers the commands and options of every command (skipped without bash)',
    () => {
      const commands = allCommands(facts);
      const found = offered(commands.map(({ path }) => [...path, '']));
      for (const [index, { commands: below, options }] of commands.entries()) {
        const names = [
          ...below.map(({ path }) => path.at(-1)),
          ...options.flatMap(({ names: each }) => each),
        ];
        expect(found[index]).toEqual(names);
      }
      const typed = [
        ['wav', 'tr'],
        ['ivr', 'check', '--speech', 'm'],
        ['wav', 'trim', 'a.wav', '--sil'],
        ['wav', 'none', 'x'],
      ];
      expect(offered(typed)).toEqual([['trim'], ['melody'], ['--silence'], ['']]);
    },
  );

  /** What is offered for these beginnings of command lines, by the shell itself. */
  const TYPED: readonly (readonly [line: string, offered: readonly string[]])[] = [
    ['jackfield wav tr', ['trim']],
    ['jackfield ivr check --speech m', ['melody']],
    ['jackfield wav trim a.wav --sil', ['--silence']],
    ['jackfield campaign run --zo', ['--zones']],
  ];

  it.skipIf(!has('zsh'))('of zsh offers what fits, in the shell (skipped without zsh)', () => {
    // Its completion system wants a terminal: what it would be told is printed in its place.
    const system = `compdef() { : }; _files() { : }; _describe() { print -l -- "\${(@P)2}" }`;
    const tries = TYPED.map(([line]) => {
      const words = line.split(' ');
      return `words=(${words.map((word) => `'${word}'`).join(' ')}); CURRENT=${words.length}; _jackfield; print -- ---`;
    });
    const script = `${system}\n${completionScript(facts, 'zsh')}\n${tries.join('\n')}`;
    const { stdout, stderr } = spawnSync('zsh', ['-f', '-c', script], { encoding: 'utf8' });
    expect(stderr).toBe('');
    const offered = stdout.split('---\n').slice(0, -1);
    for (const [index, [line, names]] of TYPED.entries()) {
      const typed = line.split(' ').at(-1) ?? '';
      const fitting = (offered[index] ?? '').split('\n').filter((entry) => entry.startsWith(typed));
      expect(
        fitting.map((entry) => entry.split(':')[0]),
        line,
      ).toEqual(names);
    }
  });

  it.skipIf(!has('fish'))('of fish offers what fits, in the shell (skipped without fish)', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'jackfield-fish-'));
    const tries = TYPED.map(([line]) => `complete -C '${line}'; echo ---`);
    const script = `${completionScript(facts, 'fish')}\n${tries.join('\n')}`;
    const { stdout, stderr } = spawnSync('fish', ['--no-config', '-c', script], {
      encoding: 'utf8',
      env: { ...process.env, HOME: folder, XDG_CONFIG_HOME: folder, XDG_DATA_HOME: folder },
    });
    await rm(folder, { recursive: true, force: true });
    expect(stderr).toBe('');
    const offered = stdout.split('---\n').slice(0, -1);
    for (const [index, [line, names]] of TYPED.entries()) {
      const entries = (offered[index] ?? '').split('\n').filter((entry) => entry !== '');
      expect(
        entries.map((entry) => entry.split('\t')[0]),
        line,
      ).toEqual(names);
    }
  });

  it.each(SHELLS)(
    'of %s names every command and option, and is a valid script of that shell',
    async (shell) => {
      const script = completionScript(facts, shell);
      for (const { path, options } of allCommands(facts)) {
        expect(script).toContain(path.at(-1) ?? 'jackfield');
        for (const { names } of options) {
          for (const name of names)
            expect(script).toContain(shell === 'fish' ? name.replace(/^--?/, '') : name);
        }
      }
      if (has(shell)) {
        const folder = await mkdtemp(join(tmpdir(), 'jackfield-script-'));
        await writeFile(join(folder, 'script'), script);
        const { status, stderr } = spawnSync(shell, ['-n', join(folder, 'script')], { encoding: 'utf8' });
        await rm(folder, { recursive: true });
        expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      }
    },
  );
});

describe('manual pages', () => {
  it('are generated from the commands, one for each', async () => {
    const pages = [facts, ...facts.commands];
    const names = pages.map(({ path }) => `${['jackfield', ...path].join('-')}.1`);
    expect((await readdir('dist/man')).sort()).toEqual([...names].sort());
    for (const [index, page] of pages.entries()) {
      expect(await readFile(join('dist/man', names[index] ?? ''), 'utf8')).toBe(manualPage(page, version));
    }
  });

  it.skipIf(!has('groff'))('are right for groff, and show every option (skipped without groff)', () => {
    const pages = [facts, ...facts.commands].map((page) => manualPage(page, version));
    const { stdout, stderr } = spawnSync('groff', ['-man', '-Tutf8', '-ww', '-P-cbou'], {
      input: pages.join('\n'),
      encoding: 'utf8',
      maxBuffer: 1 << 24,
    });
    expect(stderr).toBe('');
    const shown = stdout.replace(/\s+/g, ' ').replaceAll('‐', '-');
    for (const { options } of allCommands(facts).filter(({ path }) => path.length > 0)) {
      for (const { flags } of options) expect(shown).toContain(flags);
    }
  });
});

it('docs/commands.md lists the exit codes', async () => {
  const docs = await readFile('docs/commands.md', 'utf8');
  for (const [name, meaning] of Object.entries(EXIT_MEANINGS)) {
    expect(docs).toContain(`| ${EXIT_CODES[name as keyof typeof EXIT_CODES]} | ${meaning} |`);
  }
});

it('docs/commands.md names every command', async () => {
  const docs = await readFile('docs/commands.md', 'utf8');
  for (const { path } of facts.commands) expect(docs).toContain(`\`jackfield ${path[0]}\``);
});

it('every command that reports has --json', () => {
  // A report has its formats, of which JSON is one.
  const silent = ['campaign report', 'ivr draw', 'trace', 'completion', 'serve', 'config schema'];
  const leaves = allCommands(facts).filter(({ commands }) => commands.length === 0);
  const without = leaves.filter(({ options }) => !options.some(({ names }) => names.includes('--json')));
  expect(without.map(({ path }) => path.join(' ')).sort()).toEqual([...silent].sort());
});
