import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { afterEach, beforeAll, expect, it } from 'vitest';
import { systemClock } from '../../../src/index.js';
import { archiveVoicemails, VoicemailArchive } from '../../../src/voicemail.js';
import { Line, tone } from '../line.js';

const TARGET = 'test/voicemail/archive/kill-target.mjs';
/** Mailboxes that are archived at once. */
const WORKERS = ['one', 'two', 'three'];
const LIMITS = { timeout: 600_000 };
/** One step in so many is the last of a run, from one that differs each time: `JACKFIELD_KILL_STEPS=all` takes all. */
const ONE_IN = process.env['JACKFIELD_KILL_STEPS'] === 'all' ? 1 : 28;
/** Steps that each run has to come by, whatever else it does: were one missing, nothing would have been killed there. */
const MILESTONES = [
  /^mkdir folder/,
  /^sent SEARCH VOICEMAILS/,
  /^received VOICEMAIL {2}STATUS NOTDOWNLOADED/,
  /^sent ALTER VOICEMAIL {2}DOWNLOAD/,
  /^sent ALTER VOICEMAIL {2}SET_OUTPUT (?:PORT|FILE)/,
  /^sent ALTER VOICEMAIL {2}STARTPLAYBACK/,
  /^received VOICEMAIL {2}STATUS PLAYING/,
  /^write \.wav/,
  /^fsync \.wav/,
  /^sent ALTER VOICEMAIL {2}SETUNPLAYED/,
  /^writeFile \.json/,
  /^rename \.json/,
  /^SQL UPDATE messages/,
  /^SQL COMMIT/,
  /^sent ALTER VOICEMAIL {2}DELETE/,
  /^received VOICEMAIL {2}STATUS DELETING/,
];

interface Mailbox {
  readonly handle: string;
  readonly port: number;
  readonly root: string;
}

/** What is in a mailbox and in its archive before a run, and how the run is told to work. */
interface Case {
  readonly options: { readonly encryptTo?: readonly string[]; readonly folder?: string };
  readonly identity?: string;
  /** Leaves in the mailbox what is to be archived. */
  prepare(mailbox: Mailbox): Promise<void>;
  /** What the archive has to hold in the end, oldest first. */
  readonly expected: readonly Int16Array[];
  /** The first step worth being killed at; those before it are the same in another case. */
  readonly from?: RegExp;
}

let line: Line;
beforeAll(() => {
  if (!existsSync('dist/index.js')) throw new Error('Build first: npm run build.');
});
afterEach(() => line[Symbol.asyncDispose]());

async function open(): Promise<Mailbox[]> {
  // The other process waits for no virtual time.
  line = await Line.open({ users: [...WORKERS, 'anna'].map((handle) => ({ handle })), clock: systemClock });
  return Promise.all(
    WORKERS.map(async (handle) => ({
      ...{ handle, root: join(line.folder, `archive-${handle}`) },
      port: await line.exchange.listen({ handle }),
    })),
  );
}

const AT = Date.UTC(2026, 4, 1, 10);
function deposit({ handle: to }: Mailbox, file: string, durationSec?: number): Promise<number> {
  const more = durationSec === undefined ? {} : { durationSec };
  return line.exchange.deposit({ to, from: { handle: 'anna' }, file, recordedAtMs: AT, ...more });
}

it('killed at each step of a message through a port: the next run has it, once', LIMITS, async () => {
  const mailboxes = await open();
  const file = await line.wav('a.wav', 100);
  const steps = await killEverywhere(mailboxes, {
    options: {},
    prepare: async (mailbox) => void (await deposit(mailbox, file)),
    expected: [tone(100)],
  });
  for (const milestone of [...MILESTONES, /^rename \.wav/])
    expect(steps.join('\n')).toMatch(new RegExp(milestone, 'm'));
});

it('killed at each step of storing audio that the archive already has', LIMITS, async () => {
  const mailboxes = await open();
  const file = await line.wav('a.wav', 100);
  const steps = await killEverywhere(mailboxes, {
    options: {},
    async prepare(mailbox) {
      await deposit(mailbox, file);
      await archive(mailbox);
      await deposit(mailbox, file);
    },
    expected: [tone(100), tone(100)],
    from: /SETUNPLAYED/,
  });
  expect(steps.join('\n')).toMatch(/^rm \.wav/m);
});

it('killed at each step of replacing a short copy by a longer one', LIMITS, async () => {
  const mailboxes = await open();
  const short = await line.wav('short.wav', 100);
  const whole = await line.wav('whole.wav', 1500);
  const steps = await killEverywhere(mailboxes, {
    options: {},
    async prepare(mailbox) {
      const file = join(line.folder, `${mailbox.handle}.wav`);
      await cp(short, file);
      await deposit(mailbox, file, 2);
      await archive(mailbox);
      await cp(whole, file);
    },
    expected: [tone(1500)],
    from: /SETUNPLAYED/,
  });
  // Only what is there is removed.
  expect(steps.filter((step) => step.startsWith('rm .'))).toEqual(['rm .json #1', 'rm .wav #1']);
});

it('killed at each step of storing encrypted messages', LIMITS, async () => {
  const mailboxes = await open();
  const file = await line.wav('a.wav', 100);
  const identity = await generateIdentity();
  await killEverywhere(mailboxes, {
    options: { encryptTo: [await identityToRecipient(identity)] },
    identity,
    prepare: async (mailbox) => void (await deposit(mailbox, file)),
    expected: [tone(100)],
    from: /SETUNPLAYED/,
  });
});

it('killed at each step of a message that the endpoint writes into a file', LIMITS, async () => {
  const mailboxes = await open();
  const file = await line.wav('a.wav', 100);
  await killEverywhere(mailboxes, {
    options: { folder: line.folder },
    prepare: async (mailbox) => void (await deposit(mailbox, file)),
    expected: [tone(100)],
    from: /STARTPLAYBACK/,
  });
});

/** One run that nobody kills tells the steps; then a run is killed at each of them, and another one follows. */
async function killEverywhere(mailboxes: readonly Mailbox[], what: Case): Promise<readonly string[]> {
  const [first] = mailboxes;
  if (!first) return [];
  const steps = await line.during(run(first, what));
  await expectAll(first, what);
  const begin = what.from ? steps.findIndex((step) => what.from?.test(step)) : 0;
  expect(begin).toBeGreaterThanOrEqual(0);
  const offset = randomInt(ONE_IN);
  const stable = [...new Set(steps.slice(begin))].filter(isStable);
  const open = stable.filter((_, index) => index % ONE_IN === offset);
  const killedAt: string[] = [];
  const work = async (mailbox: Mailbox) => {
    for (let step = open.shift(); step !== undefined; step = open.shift()) {
      const passed = await run(mailbox, what, step);
      expect(passed.at(-1)).toBe(step);
      killedAt.push(step);
      await expectAll(mailbox, what, step);
    }
  };
  const wanted = [...open].sort();
  await line.during(Promise.all(mailboxes.map(work)));
  expect(killedAt.sort()).toEqual(wanted);
  return steps;
}

/** Questions leave nothing behind; and how many pieces the audio comes in is the network's choice. */
function isStable(step: string): boolean {
  if (/VOICEMAIL {2}(?:PARTNER|TIMESTAMP|TYPE|DURATION)/.test(step)) return false;
  return !/^write \.wav/.test(step) || Number(step.split('#')[1]) <= 3;
}

/** Archives in a process of its own, up to a step at which it is killed. @returns the steps that it came by. */
async function run(mailbox: Mailbox, what: Case, killAt = ''): Promise<readonly string[]> {
  await rm(mailbox.root, { recursive: true, force: true });
  await what.prepare(mailbox);
  const args = [TARGET, String(mailbox.port), mailbox.root, killAt, JSON.stringify(what.options)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const [code, signal] = await once(child, 'close');
  expect([killAt, code, signal]).toEqual(killAt === '' ? ['', 0, null] : [killAt, null, 'SIGKILL']);
  return said.trim().split('\n');
}

/** One more run, which nobody kills, has everything: each message once, whole, nothing else, and no original left. */
async function expectAll(mailbox: Mailbox, what: Case, killedAt = ''): Promise<void> {
  await archive(mailbox, what, true);
  const { identity } = what;
  await using found = await VoicemailArchive.open(mailbox.root, identity === undefined ? {} : { identity });
  const messages = [...found.find()];
  const outcome = messages.map(({ state, complete, original }) => [state, complete, original !== 'kept']);
  expect([killedAt, outcome]).toEqual([killedAt, what.expected.map(() => ['stored', true, true])]);
  for (const [index, message] of messages.entries()) {
    const parts: number[] = [];
    for await (const part of found.samples(message)) parts.push(...part);
    expect(new Int16Array(parts)).toEqual(what.expected[index]);
  }
  const { checked, unstored, faults } = await found.verify();
  expect([checked, unstored, faults]).toEqual([what.expected.length, 0, []]);
  expect(found.catalogue.unfinished()).toEqual([]);
  expect(await readdir(join(mailbox.root, '.partial'))).toEqual([]);
}

async function archive(mailbox: Mailbox, what?: Case, deleteOriginals = false): Promise<void> {
  const { encryptTo, folder } = what?.options ?? {};
  const client = await line.client(mailbox.handle);
  await using opened = await VoicemailArchive.open(mailbox.root, encryptTo ? { encryptTo } : {});
  const route = folder === undefined ? { server: line.server } : { folder };
  await archiveVoicemails(client, opened, { route, deleteOriginals, attempts: 1 });
  await client.close();
}
