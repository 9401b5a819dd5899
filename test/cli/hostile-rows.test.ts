import { randomInt } from 'node:crypto';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'libsql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CampaignLog } from '../../src/bot.js';
import { Catalogue } from '../../src/recording.js';
import { VoicemailArchive } from '../../src/voicemail.js';
import { RecordingMaker } from '../recording/archive/made-recordings.js';
import { CommandHost } from './command-host.js';

const host = new CommandHost();
/** Statements of SQL that give a value. */
const VALUES = [
  "'../../canary.wav'",
  "'/etc/passwd'",
  "'link/canary.wav'",
  "'nul' || char(0) || 'byte.wav'",
  "'{bad'",
  "x'ff41'",
  "CAST(x'ff41' AS TEXT)",
  "'' || zeroblob(0)",
  "replace(hex(zeroblob(500000)), '00', 'xy')",
  "'\u001b[2J'",
  '-1',
  '9e99',
  '\'[{"__proto__":1}]\'',
];

/** A sample of columns and pages, another one each time, unless all are asked for: each takes a process or two. */
const ALL = process.env['JACKFIELD_ROWS'] === 'all';
function sampled<T>(items: readonly T[], count: number): T[] {
  const oneIn = ALL ? 1 : Math.ceil(items.length / count);
  const offset = randomInt(oneIn);
  return items.filter((_, index) => index % oneIn === offset);
}

interface Subject {
  readonly database: string;
  readonly table: string;
  readonly commands: readonly (readonly string[])[];
}

const RECORDINGS: Subject = {
  database: 'catalogue.sqlite',
  table: 'recordings',
  commands: [
    ['recordings', 'list', '--out', '.'],
    ['recordings', 'verify', '--out', '.'],
    ['recordings', 'export', 'recording', '--out', '.', '--to', 'exported'],
    ['recordings', 'hold', 'recording-0002', '--out', '.'],
    ['recordings', 'purge', '--out', '.', '--max-megabytes', '0', '--yes'],
    ['recordings', 'index', '--out', '.'],
  ],
};
const CAMPAIGNS: Subject = {
  database: 'campaigns.sqlite',
  table: 'campaign_calls',
  commands: [
    ['campaign', 'results', '--out', '.'],
    ['campaign', 'list', '--out', '.'],
  ],
};
const VOICEMAILS: Subject = {
  database: 'catalogue.db',
  table: 'messages',
  commands: [
    ['voicemail', 'find', '--in', '.'],
    ['voicemail', 'export', 'out.csv', '--format', 'csv', '--in', '.'],
    ['voicemail', 'verify', '--in', '.'],
    ['voicemail', 'tag', '1', 'x', '--in', '.'],
    ['voicemail', 'hold', '1', '--in', '.'],
    ['voicemail', 'purge', '--max-age', '1', '--in', '.'],
    ['voicemail', 'index', '--in', '.'],
  ],
};

let yard: string;
let made: string;
let count = 0;
beforeAll(async () => {
  yard = await mkdtemp(join(tmpdir(), 'jackfield-rows-'));
  made = join(yard, 'made');
  await mkdir(made);
  {
    using catalogue = Catalogue.open(made);
    const maker = new RecordingMaker(made);
    for (const partner of ['ann', 'bob']) await maker.published(catalogue, partner, ['legs']);
    using log = CampaignLog.open(made);
    await log.store('spring').begin({ target: 'anna', attempt: 1, placedAtMs: 0 });
    await using archive = await VoicemailArchive.open(made);
    const facts = { account: 'jack', id: 1, timestamp: 1_700_000_000, partner: 'anna', partnerName: 'Anna' };
    archive.catalogue.see({ ...facts, type: 'INCOMING', durationSeconds: 3, played: false });
  }
  // Whole in one file each: what lies beside them comes and goes.
  for (const { database } of [RECORDINGS, CAMPAIGNS, VOICEMAILS]) {
    const db = new Sqlite(join(made, database));
    db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    db.close();
  }
});
afterAll(async () => {
  host[Symbol.dispose]();
  await rm(yard, { recursive: true });
});

/** A copy of the folder, beside a file that has to stay, with a link that leads to it. */
async function copied(): Promise<{ readonly outside: string; readonly folder: string }> {
  const outside = join(yard, String(++count));
  const folder = join(outside, 'a', 'b');
  await mkdir(folder, { recursive: true });
  await cp(made, folder, { recursive: true, filter: (path) => !/-(wal|shm)$/.test(path) });
  await writeFile(join(outside, 'canary.wav'), 'canary');
  await symlink(outside, join(folder, 'link'));
  return { outside, folder };
}

function columnsOf(path: string, table: string): string[] {
  const db = new Sqlite(path);
  try {
    const rows = db.prepare(`SELECT name FROM pragma_table_info('${table}')`).all() as { name: string }[];
    return rows.map(({ name }) => name).filter((name) => name !== 'key');
  } finally {
    db.close();
  }
}

function spoilRow(path: string, table: string, column: string, value: string): void {
  const db = new Sqlite(path);
  try {
    db.exec('PRAGMA foreign_keys = OFF');
    db.exec(
      `UPDATE OR IGNORE ${table} SET ${column} = ${value} WHERE rowid = (SELECT min(rowid) FROM ${table})`,
    );
  } finally {
    db.close();
  }
}

/** Runs the commands one after the other: none crashes, says nothing of its insides, or steers the terminal. */
async function use(folder: string, commands: Subject['commands'], spoilt = 'a row'): Promise<void> {
  for (const command of commands) {
    // Where it ends by a signal, or by an error that nothing catches, the host ends with it, and this throws.
    const { code, stdout, stderr } = await host.run(command, { cwd: folder });
    const told = `${command.join(' ')}, ${spoilt} spoilt\n${stderr.slice(0, 500)}`;
    expect([told, [0, 1, 2].includes(code)]).toEqual([told, true]);
    expect(stderr, told).not.toMatch(/ {4}at .*\.js:\d+|TypeError|RangeError|SyntaxError:/);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what a terminal must not get.
    expect(stdout + stderr).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f]/);
  }
}

describe.each([RECORDINGS, CAMPAIGNS, VOICEMAILS])('$database', ({ database, table, commands }) => {
  it('cannot lead any command outside its folder, for any content of a column', async () => {
    const columns = columnsOf(join(made, database), table);
    for (const [index, column] of sampled([...columns.entries()], 3)) {
      const { outside, folder } = await copied();
      spoilRow(join(folder, database), table, column, VALUES[index % VALUES.length] ?? "''");
      await use(folder, ALL ? commands : [commands[index % commands.length] ?? []], column);
      expect(await readFile(join(outside, 'canary.wav'), 'utf8')).toBe('canary');
      expect(await readdir(outside)).toEqual(['a', 'canary.wav']);
    }
  }, 600_000);

  it('never crashes a command, whichever page has flipped bits', async () => {
    const whole = await readFile(join(made, database));
    const pages = Array.from({ length: Math.ceil(whole.length / 4096) }, (_, page) => page);
    for (const page of sampled(pages, 2)) {
      const { outside, folder } = await copied();
      const bytes = Buffer.from(whole);
      for (const at of [0, 3, 8, 100, 4000]) {
        const place = Math.min(page * 4096 + at + page, bytes.length - 1);
        bytes[place] = (bytes[place] ?? 0) ^ (1 << ((page + at) % 8));
      }
      await writeFile(join(folder, database), bytes);
      await use(folder, commands.slice(0, 1).concat(commands.slice(-1)), `page ${page}`);
      expect(await readFile(join(outside, 'canary.wav'), 'utf8')).toBe('canary');
    }
  }, 600_000);
});

it('recordings list reports damaged rows, and shows the others', async () => {
  const { folder } = await copied();
  spoilRow(join(folder, 'catalogue.sqlite'), 'recordings', 'tags', "'{bad'");
  const run = () => host.run(['recordings', 'list', '--out', '.'], { cwd: folder });
  const damaged = await run();
  expect(damaged).toMatchObject({ code: 1, stderr: expect.stringContaining('recordings index') });
  expect(damaged.stdout).toMatch(/bob/);
  await use(folder, [['recordings', 'index', '--out', '.']]);
  expect(await run()).toMatchObject({ code: 0, stdout: expect.stringMatching(/ann[\s\S]*bob/) });
});
