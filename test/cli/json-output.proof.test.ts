import { copyFile, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Command } from 'commander';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { jackfieldProgram } from '../../src/cli/program.js';
import { VoicemailArchive } from '../../src/voicemail.js';
import { CommandTries } from './try-commands.js';

const SPEECH = new URL('../fixtures/speech/goforward.wav', import.meta.url).pathname;
/** No command here goes on until it is stopped. */
const PATIENCE_MS = 60_000;
const FLOW = 'name: Beep\nsteps:\n  beep: { do: hangup, say: { tone: 440, ms: 100 } }\n';
const SCENARIO = {
  users: [{ handle: 'jack', profile: { PSTN_BALANCE: '1000' } }],
  robots: [{ handle: 'anna', rings: 100 }],
};
const AT = '--attach exchange:scenario.json';

/**
 * Command lines, each with its exit code where there is nothing, and where there is something. FOLDER is an archive; ID the
 * beginning of any id.
 */
const LINES: readonly (readonly [line: string, empty: number, filled: number])[] = [
  ['recordings list --out FOLDER/calls', 3, 0],
  ['recordings verify --out FOLDER/calls', 3, 0],
  ['recordings outbox --out FOLDER/calls', 3, 3],
  ['recordings index --out FOLDER/calls', 0, 0],
  ['analyse FOLDER/in.wav', 1, 0],
  ['recordings show ID --out FOLDER/calls', 1, 0],
  ['recordings vcon ID --without-audio --out FOLDER/calls', 1, 0],
  ['recordings mask ID --stretch 0-0.1 --out FOLDER/calls', 1, 0],
  ['recordings hold ID --reason why --out FOLDER/calls', 1, 0],
  ['recordings export ID --out FOLDER/calls --to FOLDER/out', 1, 0],
  ['recordings annotate ID --note hello --out FOLDER/calls', 1, 0],
  ['recordings search hello --out FOLDER/calls', 3, 0],
  ['recordings transcribe true --id none --out FOLDER/calls', 1, 1],
  ['recordings transcript ID --out FOLDER/calls', 1, 3],
  ['recordings purge --max-megabytes 0 --out FOLDER/calls', 0, 0],
  ['voicemail find --in FOLDER/mails', 3, 3],
  ['voicemail verify --in FOLDER/mails', 3, 3],
  ['voicemail export FOLDER/mails.zip --in FOLDER/mails', 3, 3],
  ['voicemail purge --max-age 1 --in FOLDER/mails', 0, 0],
  ['voicemail index --in FOLDER/mails', 0, 0],
  ['voicemail tag 1 x --in FOLDER/mails', 1, 1],
  ['voicemail hold 1 --reason why --in FOLDER/mails', 1, 1],
  ['voicemail transcribe true --in FOLDER/mails', 0, 0],
  [`voicemail list ${AT}`, 3, 3],
  [`voicemail play 1 ${AT}`, 1, 1],
  ['campaign list --out FOLDER/calls', 3, 0],
  ['campaign results --out FOLDER/calls', 3, 0],
  ['verify FOLDER/in.wav', 1, 1],
  ['ctl status --socket FOLDER/none', 1, 1],
  ['config check FOLDER/none.yaml', 1, 1],
  ['config try FOLDER/none.yaml', 1, 1],
  ['wav info FOLDER/in.wav', 1, 0],
  ['wav draw FOLDER/in.wav -o FOLDER/in.png', 1, 0],
  ['wav convert FOLDER/in.wav FOLDER/in.flac', 1, 0],
  ['wav trim FOLDER/in.wav FOLDER/part.wav --end 0.1', 1, 0],
  ['wav mix FOLDER/in.wav FOLDER/in.wav -o FOLDER/mix.wav', 1, 0],
  ['wav repair FOLDER/in.wav', 1, 0],
  ['ivr check flow.yaml --speech melody', 0, 0],
  ['ivr try flow.yaml --speech melody', 0, 0],
  [`chat list ${AT}`, 3, 3],
  [`chat read anna ${AT}`, 1, 1],
  [`chat send anna hi ${AT}`, 0, 0],
  [`chat export anna FOLDER/chat.json ${AT}`, 1, 1],
  [`contacts list ${AT}`, 3, 3],
  [`sms list ${AT}`, 3, 3],
  [`sms send +37255512345 hi ${AT}`, 0, 0],
  [`files list ${AT}`, 3, 3],
  [`open skype:anna?userinfo ${AT}`, 0, 0],
  ...['add', 'authorise', 'dismiss', 'block', 'unblock', 'remove', 'rename', 'speed-dial'].map(
    (what) => [`contacts ${what} anna ${AT}`, 0, 0] as const,
  ),
  ['explain PING', 0, 0],
  ['doctor', 0, 0],
];
/** Commands of which other tests read the JSON, as they need a call, a service or an account. */
const ELSEWHERE = [
  ...['conversations', 'profile', 'services', 'settings', 'status'].map((what) => `account ${what}`),
  ...[
    'demo',
    'exchange',
    'record',
    'siprec',
    'chat follow',
    'sms follow',
    'files watch',
    'desk',
    'ivr run',
    'campaign run',
    'recordings play',
  ],
  ...['sip call', 'sip options', 'sip register'],
  ...['voicemail answer', 'voicemail archive', 'voicemail greeting', 'voicemail leave'],
];

let folder: string;
let tries: CommandTries;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jackfield-json-'));
  await writeFile(join(folder, 'flow.yaml'), FLOW);
  await writeFile(join(folder, 'scenario.json'), JSON.stringify(SCENARIO));
  await writeFile(join(folder, 'list.csv'), 'target\nanna\n');
  for (const name of ['empty', 'filled']) {
    await mkdir(join(folder, name, 'calls'), { recursive: true });
    await (await VoicemailArchive.open(join(folder, name, 'mails')))[Symbol.asyncDispose]();
  }
  await copyFile(SPEECH, join(folder, 'filled', 'in.wav'));
  tries = new CommandTries(folder, PATIENCE_MS);
  const filling = [
    'demo --fast --out filled/calls --json',
    'recordings index --out filled/calls',
    `campaign run list.csv --flow flow.yaml --speech melody ${AT} --out filled/calls --json`,
  ];
  for (const { args, code, said } of await tries.run(filling))
    expect([args, code, said]).toEqual([args, 0, said]);
}, 120_000);
afterAll(async () => {
  await tries[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** Output that is neither one JSON value nor one on each line. */
function others(printed: string): string[] {
  const lines = printed.split('\n').filter((line) => line !== '');
  return isJson(printed) ? [] : lines.filter((line) => !isJson(line));
}

function isJson(text: string): boolean {
  try {
    return typeof JSON.parse(text) === 'object';
  } catch {
    return false;
  }
}

it.each([
  ['empty', 1],
  ['filled', 2],
] as const)(
  'with --json each command prints only JSON and exits with its code, when everything is %s',
  async (state, column) => {
    // Commands fill it: each try has its own.
    const own = basename(await mkdtemp(join(folder, `${state}-`)));
    await cp(join(folder, state), join(folder, own), { recursive: true });
    const [recording] =
      state === 'filled' ? await tries.run([`recordings list --json --out ${own}/calls`]) : [];
    const id = recording ? (JSON.parse(recording.printed.split('\n')[0] ?? '') as { id: string }).id : 'none';
    const lines = LINES.map(([line]) => `${line.replaceAll('FOLDER', own).replace('ID', id)} --json`);
    const ends = await tries.run(lines);
    expect(ends.flatMap(({ args, printed }) => others(printed).map((line) => `${args}: ${line}`))).toEqual(
      [],
    );
    const codes = ends.map(({ args, code, said }, index) => ({
      args,
      code,
      said: LINES[index]?.[column] === code ? '' : said,
    }));
    expect(codes).toEqual(ends.map(({ args }, index) => ({ args, code: LINES[index]?.[column], said: '' })));
  },
  120_000,
);

it('each command that has --json is tested here, or listed with its other test', async () => {
  const leaves = (command: Command, path: readonly string[]): string[] =>
    command.commands.length > 0
      ? command.commands.flatMap((child) => leaves(child, [...path, child.name()]))
      : command.options.some(({ long }) => long === '--json')
        ? [path.join(' ')]
        : [];
  const tried = LINES.map(([line]) => line);
  const untried = leaves(await jackfieldProgram(), []).filter(
    (name) => !name.startsWith('ctl ') && !tried.some((line) => `${line} `.startsWith(`${name} `)),
  );
  expect(untried.sort()).toEqual([...ELSEWHERE].sort());
});
