import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CommandHost } from './command-host.js';

const MAIN = 'dist/cli/main.js';
/** Clears the screen, sets the title, colours by a C1 control, and turns what follows around. */
const HOSTILE = 'evil\u001b[2J\u001b]0;x\u0007\u009b31m\u202etxt';
const STEERS = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;

let folder: string;
const host = new CommandHost();
afterAll(() => host[Symbol.dispose]());

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jackfield-terminal-'));
  const hostile = (name: string) => join(folder, `${HOSTILE}${name}`);
  await writeFile(
    hostile('.yaml'),
    JSON.stringify({
      name: HOSTILE,
      steps: { [HOSTILE]: { do: 'hangup' }, lost: { do: 'hangup', say: HOSTILE } },
    }),
  );
  await writeFile(
    hostile('.json'),
    JSON.stringify({ users: [{ handle: 'jack', fullName: HOSTILE }], robots: [] }),
  );
  await writeFile(hostile('.csv'), `target,name\necho123,${HOSTILE}\n${HOSTILE},x\n`);
  await writeFile(hostile('.wav'), HOSTILE);
});

afterAll(() => rm(folder, { recursive: true }));

describe('the output of a command has no control sequences', () => {
  it.each<[string, (name: (end: string) => string) => string[]]>([
    ['explain', () => ['explain', `GET USER ${HOSTILE} FULLNAME`]],
    ['explain, a reply', () => ['explain', `<- USER ${HOSTILE} FULLNAME ${HOSTILE}`]],
    ['explain, what is misspelt', () => ['explain', `GTE USER ${HOSTILE}`]],
    ['explain --json', () => ['explain', '--json', `GET USER ${HOSTILE} FULLNAME`]],
    ['an unknown command', () => [HOSTILE]],
    ['an unknown option', () => ['wav', 'info', `--${HOSTILE}`]],
    ['an option that is none of several', () => ['exchange', '--access', HOSTILE]],
    ['a number that is none', () => ['exchange', '--patience', HOSTILE]],
    ['a limit', () => ['exchange', '--limit', `${HOSTILE}=1`]],
    ['doctor', () => ['doctor']],
    ['doctor --json', () => ['doctor', '--json']],
    ['ivr check', (name) => ['ivr', 'check', name('.yaml')]],
    ['ivr draw', (name) => ['ivr', 'draw', name('.yaml')]],
    ['ivr try', (name) => ['ivr', 'try', name('.yaml'), '--speech', 'none']],
    ['ivr run', (name) => ['ivr', 'run', name('.yaml'), '--speech', 'none']],
    ['wav info', (name) => ['wav', 'info', name('.wav')]],
    ['wav info --json', (name) => ['wav', 'info', '--json', name('.wav')]],
    ['wav repair', (name) => ['wav', 'repair', name('.wav')]],
    ['verify', (name) => ['verify', name('.wav')]],
    ['verify --json', (name) => ['verify', '--json', name('.wav')]],
    ['recordings list', (name) => ['recordings', 'list', '--folder', name('gone')]],
    ['campaign check', (name) => ['campaign', 'status', name('.csv')]],
    ['trace', (name) => ['trace', '-a', `exchange:${name('.json')}`, `GET USER ${HOSTILE} FULLNAME`]],
    ['trace, an address', () => ['trace', '-a', `tcp:${HOSTILE}`, 'PING']],
    ['exchange, a scenario', (name) => ['exchange', '--scenario', name('gone.json')]],
    ['exchange --replay', (name) => ['exchange', '--replay', name('gone')]],
    ['record, a configuration', (name) => ['record', '--config', name('.csv')]],
    ['voicemail list', (name) => ['voicemail', 'list', '--archive', name('gone')]],
  ])('%s', async (_what, args) => {
    const env = { DISPLAY: HOSTILE, DBUS_SESSION_BUS_ADDRESS: HOSTILE };
    const { stdout, stderr } = await host.run(
      args((end) => join(folder, `${HOSTILE}${end}`)),
      { env },
    );
    expect(`${stdout}${stderr}`).not.toBe('');
    for (const line of `${stdout}${stderr}`.split('\n')) expect(line).not.toMatch(STEERS);
  });

  it.skipIf(process.platform === 'win32')(
    'a name with a line break does not begin a line of its own',
    async () => {
      const file = join(folder, 'one.wav\nother.wav\n  samples   5');
      await copyFile('test/fixtures/speech/goforward.wav', file);
      const { stdout } = await host.run(['wav', 'info', file]);
      expect(stdout.split('\n')[0]).toBe(`${folder}/one.wav\\u000aother.wav\\u000a  samples   5`);
      const { stderr } = await host.run(['demo\n(run "x")']);
      expect(stderr.split('\n')[0]).toBe(
        `jackfield: unknown command 'demo\\u000a(run "x")' [ERR_INVALID_ARG]`,
      );
    },
  );

  it.each([['--json'], []])('exchange %s', async (...options) => {
    const users = [HOSTILE.replaceAll(/[^a-z]/g, ''), 'ann'];
    const exchange = spawn(process.execPath, [
      MAIN,
      'exchange',
      '--tcp',
      '0',
      '--state',
      join(folder, `${HOSTILE}${options.length}`),
      '--user',
      ...users,
      ...options,
    ]);
    const said = await until(exchange, /Ctrl-C|"ready"/);
    exchange.kill('SIGTERM');
    await once(exchange, 'close');
    for (const line of said) expect(line).not.toMatch(STEERS);
  });
});

describe('commands', () => {
  it('write to the terminal only through terminal-text.ts and unread-output.ts', () => {
    const root = new URL('../../src/cli/', import.meta.url);
    const others = readdirSync(root, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !['terminal-text.ts', 'unread-output.ts'].includes(name))
      .filter((name) =>
        /\bstd(?:out|err)\s*\.write\(|\bput\(process|console\.(?:log|error)\(/.test(
          readFileSync(new URL(name, root), 'utf8'),
        ),
      );
    expect(others).toEqual([]);
  });
});

async function until(child: ChildProcess, pattern: RegExp): Promise<string[]> {
  const said: string[] = [];
  if (!child.stdout) return said;
  for await (const line of createInterface({ input: child.stdout })) {
    said.push(line);
    if (pattern.test(line)) break;
  }
  return said;
}
