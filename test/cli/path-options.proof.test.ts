import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { jackfieldProgram } from '../../src/cli/program.js';
import { VoicemailArchive } from '../../src/voicemail.js';
import { CommandTries, type Tried } from './try-commands.js';

const SPEECH = new URL('../fixtures/speech/goforward.wav', import.meta.url).pathname;
/** A service that nothing is wrong with is told to stop then. */
const RUNS_MS = 1500;
const FLOW = 'name: Beep\nsteps:\n  beep: { do: hangup, say: { tone: 440, ms: 100 } }\n';
const SCENARIO = { users: [{ handle: 'jack' }], robots: [{ handle: 'anna' }] };
const AT = '--attach exchange:scenario.json';

/** Command lines in which PATH is what the command is to write. */
const WRITES: readonly string[] = [
  'wav trim in.wav PATH',
  'wav convert in.wav PATH',
  'wav mix in.wav in.wav --output PATH',
  'wav draw in.wav --output PATH',
  'ivr draw flow.yaml --out PATH',
  `voicemail play 1 --out PATH ${AT}`,
  `voicemail greeting --out PATH ${AT}`,
  'voicemail export PATH --in archive',
  `chat export anna PATH ${AT}`,
  `trace PING --record PATH ${AT}`,
];

/** Command lines in which PATH is a file or folder that is read, or a folder that is written to. */
const USES: readonly string[] = [
  ...['wav info PATH', 'wav repair PATH', 'wav trim PATH out.wav', 'wav convert PATH out.wav'],
  ...['wav mix PATH -o out.wav', 'wav draw PATH -o out.png', 'demo --fast --input PATH', 'verify PATH'],
  ...['ivr check PATH', 'ivr draw PATH', 'ivr try PATH', 'ivr check flow.yaml --prompts PATH'],
  ...['ivr check flow.yaml --hooks PATH', 'ivr check flow.yaml --list PATH', `ivr run PATH ${AT}`],
  ...[
    'ivr try flow.yaml --messages PATH',
    'ivr try flow.yaml --cache PATH',
    'ivr check flow.yaml --cache PATH',
  ],
  ...[`campaign run PATH --flow flow.yaml ${AT}`, `campaign run list.csv --flow PATH ${AT}`],
  ...[`campaign run list.csv --flow flow.yaml --out PATH ${AT}`, 'campaign list --out PATH'],
  ...['campaign results --out PATH', 'exchange --tcp 0 --record PATH', 'exchange --tcp 0 --state PATH'],
  ...['exchange --tcp 0 --files PATH', 'exchange --tcp 0 --scenario PATH', 'exchange --replay PATH'],
  ...['analyse PATH', 'analyse --archive PATH', 'analyse in.wav --html PATH', 'exchange --tcp 0 --sip PATH'],
  ...['sip options --line PATH', 'sip register --line PATH', 'sip call 1 --line PATH'],
  ...['desk --tcp 0 --files PATH', 'desk --tcp 0 --scenario PATH'],
  ...[
    'exchange --tcp 0 --token-file PATH',
    'exchange --tcp 0 --http 0 --http-tokens PATH',
    'account status --token-file PATH',
    `record --out PATH ${AT}`,
    `record --config PATH ${AT}`,
    'siprec --port 0 --out PATH',
    'siprec --port 0 --config PATH',
  ],
  `ivr run --agent wss://127.0.0.1:9/ --agent-ca PATH ${AT}`,
  `record --fork wss://127.0.0.1:9/ --fork-ca PATH ${AT}`,
  ...[`record --sign PATH ${AT}`, `record --tls-ca PATH ${AT}`, `record --token-file PATH ${AT}`],
  ...['recordings list --out PATH', 'recordings verify --out PATH', 'recordings export x --out PATH --to to'],
  ...['recordings purge --max-megabytes 0 --out PATH', 'recordings index --out PATH'],
  ...['recordings outbox --out PATH', `voicemail answer --in PATH ${AT}`, 'voicemail find --in PATH'],
  ...[`voicemail answer --in in --config PATH ${AT}`, `voicemail answer --in in --greeting PATH ${AT}`],
  ...[
    `voicemail archive --out PATH ${AT}`,
    `voicemail leave anna --file PATH ${AT}`,
    'voicemail verify --in PATH',
  ],
  ...[`voicemail greeting --record PATH ${AT}`, 'voicemail purge --max-age 1 --in PATH'],
  ...['voicemail verify --in archive --identity PATH', `trace --replay PATH ${AT}`],
  ...['config check PATH', 'config try PATH --from ann', 'serve PATH', 'ctl status --socket PATH'],
  ...['recordings annotate x --transcript PATH --out .', 'recordings outbox --retry --out PATH'],
  ...['campaign report name --out PATH', 'voicemail index --in PATH', 'voicemail list --in PATH'],
];

let folder: string;
let tries: CommandTries;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jackfield-paths-'));
  await copyFile(SPEECH, join(folder, 'in.wav'));
  const files = {
    'flow.yaml': FLOW,
    'scenario.json': JSON.stringify(SCENARIO),
    'list.csv': 'target\nanna\n',
  };
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  await (await VoicemailArchive.open(join(folder, 'archive')))[Symbol.asyncDispose]();
  await mkdir(join(folder, 'a-folder'));
  await writeFile(join(folder, 'binary'), Buffer.from([0x52, 0, 1, 2, 0xff, 0xfe, 0x0a, 0x5b, 0x80, 0x3a]));
  tries = new CommandTries(folder, RUNS_MS);
});
afterAll(async () => {
  await tries[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** Ends that nobody should see: a stack, a fault of the program itself, what a terminal cannot show. */
function bad(ends: readonly Tried[]): Tried[] {
  return ends.filter(
    ({ code, said }) =>
      code === 70 || /^\s+at .*[:(]|UNCAUGHT|node:internal/m.test(said) || said.includes('\0'),
  );
}

it('no command replaces an existing file', { timeout: 120_000 }, async () => {
  const endings = { png: 'wav draw', svg: 'ivr draw', txt: 'trace' };
  const nameOf = (line: string) =>
    `taken.${Object.entries(endings).find(([, start]) => line.startsWith(start))?.[0] ?? 'wav'}`;
  for (const ending of ['wav', ...Object.keys(endings)])
    await writeFile(join(folder, `taken.${ending}`), 'kept');
  const ends = await tries.run(WRITES.map((line) => line.replace('PATH', nameOf(line))));
  expect(ends.filter(({ said }) => !said.includes('--force'))).toEqual([]);
  expect(ends.filter(({ code }) => code !== 1)).toEqual([]);
  for (const ending of ['wav', ...Object.keys(endings)]) {
    expect(await readFile(join(folder, `taken.${ending}`), 'utf8')).toBe('kept');
  }
  expect((await readdir(folder)).filter((name) => name.includes('.part'))).toEqual([]);
});

it('each command that writes to a given path has --force', async () => {
  const leaves = (command: Command, path: readonly string[]): string[] =>
    command.commands.length > 0
      ? command.commands.flatMap((child) => leaves(child, [...path, child.name()]))
      : command.options.some(({ long }) => long === '--force')
        ? [path.join(' ')]
        : [];
  const written = WRITES.map((line) =>
    line
      .split(' ')
      .slice(0, line.startsWith('trace') ? 1 : 2)
      .join(' '),
  );
  const forced = [...written, 'analyse', 'exchange', 'recordings export'];
  expect(leaves(await jackfieldProgram(), []).sort()).toEqual(forced.sort());
});

it.each(['/proc/none/x', 'in.wav/below', 'a-folder', 'binary'])(
  'an unusable path is reported in words: %s',
  { timeout: 180_000 },
  async (path) => {
    const ends = await tries.run([...WRITES, ...USES].map((line) => line.replace('PATH', path)));
    expect(bad(ends)).toEqual([]);
    const silent = ends.filter(({ code, said }) => code !== 0 && said.trim() === '');
    expect(silent).toEqual([]);
  },
);

/** Names of files, each with a line break and what steers a terminal in it. */
const HOSTILE = 'x\nFORGED \u001b[2J';

it.each([`${HOSTILE}/below`, `${HOSTILE}.yaml`])(
  'a line break in a name does not begin a new line of output: %j',
  { timeout: 180_000 },
  async (path) => {
    // One is there, and not what most of them look for; one is not.
    await writeFile(join(folder, `${HOSTILE}.yaml`), FLOW);
    const lines = [...WRITES, ...USES].map((line) =>
      line.split(' ').map((word) => (word === 'PATH' ? path : word)),
    );
    const ends = await tries.run(lines);
    expect(ends.filter(({ said }) => /^FORGED/m.test(said) || said.includes('\u001b'))).toEqual([]);
    expect(bad(ends)).toEqual([]);
  },
);
