import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TestCaller } from '../../../src/bot.js';
import { Exchange, testBot } from '../../../src/index.js';
import { checkRules, matchingRule } from '../../../src/voicemail/answering/answering-rule.js';
import {
  type AnsweringBotOptions,
  AnsweringMachine,
  type AnsweringRule,
  answeringBot,
  commandTranscriber,
  VoicemailArchive,
  type VoicemailNotice,
} from '../../../src/voicemail.js';
import { Line, samplesOf, tone } from '../line.js';

const GREETING = { tone: 600, ms: 1000 } as const;
const SPEECH = { file: 'assets/speech/reader-870.wav' };
const KEPT = { tone: 400, ms: 300 } as const;
const REVIEW = { tone: 800, ms: 120 } as const;

const has = (command: string) => spawnSync('which', [command]).status === 0;
const hasSox = has('sox');
const hasPocketsphinx = has('pocketsphinx_continuous');

async function* spoken() {
  yield tone(700).subarray(0, 5000);
  yield tone(700).subarray(5000);
}

let root: string;
let archive: VoicemailArchive;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'jackfield-answering-'));
  archive = await VoicemailArchive.open(root);
});
afterEach(async () => {
  await archive.close();
  await rm(root, { recursive: true });
});

async function calls(
  scene: (caller: TestCaller) => Promise<void>,
  {
    startsAt = new Date('2026-11-22T09:00:00Z'),
    ...options
  }: Partial<AnsweringBotOptions> & { startsAt?: Date } = {},
) {
  const machine = answeringBot({ account: 'jack', archive, greetingFor: () => GREETING, ...options });
  const { results } = await testBot(machine, scene, { exchange: Exchange, startsAt });
  return { outcome: results[0]?.outcome, messages: [...archive.find()] };
}

describe('the answering machine', () => {
  it('greets, beeps, records until silence, and keeps the message', async () => {
    const { outcome, messages } = await calls(
      async (caller) => {
        await caller.hears(GREETING);
        await caller.waits(1000);
        await caller.speaks(SPEECH);
        await caller.hears(KEPT, { withinMs: 60_000 });
        await caller.waits(1500);
      },
      { silenceMs: 2000 },
    );
    expect(outcome).toBe('done');
    expect(messages).toHaveLength(1);
    const [message] = messages;
    expect(message).toMatchObject({
      account: 'jack',
      partner: 'caller',
      state: 'stored',
      complete: true,
      original: 'gone',
    });
    const speech = await samplesOf(SPEECH.file);
    expect(message?.audio?.samples).toBeGreaterThan(speech.length);
    expect(message?.audio?.samples).toBeLessThan(speech.length + 16_000 * 4);
  });

  it('keeps the message when the caller hangs up, also in the review', async () => {
    await calls(async (caller) => {
      await caller.hears(GREETING);
      await caller.waits(1000);
      await caller.speaks({ tone: 1200, ms: 2000 });
      await caller.hangsUp();
    });
    const { messages } = await calls(
      async (caller) => {
        await caller.hears(GREETING);
        await caller.waits(1000);
        await caller.speaks({ tone: 1300, ms: 3000 });
        await caller.presses('#');
        await caller.hears(REVIEW);
        await caller.hangsUp();
      },
      { startsAt: new Date('2026-11-22T10:00:00Z') },
    );
    expect(messages.map(({ state }) => state)).toEqual(['stored', 'stored']);
  });

  it('ends at the limit, and keeps nothing that is too short', async () => {
    const { messages } = await calls(
      async (caller) => {
        await caller.hears(GREETING);
        await caller.waits(600);
        await caller.speaks({ tone: 1200, ms: 5000 });
        await caller.hears(KEPT, { withinMs: 20_000 });
      },
      { maxMs: 3000 },
    );
    expect(messages[0]?.audio?.samples).toBe(48_000);
    const short = await calls(
      async (caller) => {
        await caller.hears(GREETING);
        await caller.waits(500);
        await caller.hangsUp();
      },
      { minMs: 10_000 },
    );
    expect(short.messages).toHaveLength(1);
  });

  it('plays the message back, records it again, or deletes it, by key', async () => {
    const { messages, outcome } = await calls(async (caller) => {
      await caller.hears(GREETING);
      await caller.waits(1000);
      await caller.speaks({ tone: 1200, ms: 1500 });
      await caller.presses('#');
      await caller.hears(REVIEW);
      await caller.presses('1');
      await caller.hears({ tone: 1200, ms: 1000 });
      await caller.hears(REVIEW);
      await caller.presses('2');
      await caller.waits(1000);
      await caller.speaks({ tone: 1500, ms: 1500 });
      await caller.presses('#');
      await caller.hears(REVIEW);
      await caller.presses('9');
      await caller.waits(1500);
    });
    expect(outcome).toBe('done');
    expect(messages).toEqual([]);
  });

  it('refuses keys that mean two things, and lengths out of range', () => {
    expect(() => answeringBot({ account: 'jack', archive, keys: { again: '1' } })).toThrow(/keys/);
    expect(() => answeringBot({ account: 'jack', archive, maxMs: 1 })).toThrow(/maxMs/);
    expect(() => answeringBot({ account: 'jack', archive, silenceMs: 1 })).toThrow(/silenceMs/);
  });
});

describe('AnsweringMachine', () => {
  let line: Line;
  beforeEach(async () => {
    line = await Line.open({ patienceMs: 5000 });
  });
  afterEach(() => line[Symbol.asyncDispose]());

  const start = async (
    options: { rules?: readonly AnsweringRule[]; hook?: { command: string; args: string[] } } = {},
  ) =>
    AnsweringMachine.start({
      client: await line.client('anna'),
      server: line.server,
      archive,
      clock: line.clock,
      afterMs: 3000,
      greeting: { tone: 500, ms: 100 },
      maxMs: 2000,
      ...options,
    });

  it('picks up after its time, and reports the message by event and hook, ready to be mailed', async () => {
    const file = join(root, 'notice.json');
    const script = `process.stdin.pipe(require('node:fs').createWriteStream(${JSON.stringify(file)}))`;
    await using machine = await start({ hook: { command: process.execPath, args: ['-e', script] } });
    const told = new Promise<VoicemailNotice>((resolve) => machine.once('message', resolve));
    const call = await (await line.client()).call('anna');
    await line.during(call.reached('INPROGRESS'));
    expect(line.clock.now()).toBeGreaterThanOrEqual(3000);
    const notice = await line.during(told);
    expect(notice).toMatchObject({
      subject: 'Voicemail from jack, 2 s',
      account: 'anna',
      caller: { handle: 'jack' },
      durationSeconds: 2,
      attachments: [{ contentType: 'audio/wav', bytes: expect.any(Number) }],
    });
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(notice);
    expect((await samplesOf(notice.attachments[0]?.path ?? '')).length).toBe(32_000);
  });

  it('keeps a message when its catalogue is missing, and reports it', async () => {
    const machine = await start();
    await rm(join(root, 'catalogue.db'));
    const failures: unknown[] = [];
    machine.on('failed', (error) => failures.push(error));
    const told = new Promise<VoicemailNotice>((resolve) => machine.once('message', resolve));
    const call = await (await line.client()).call('anna');
    await line.during(call.reached('INPROGRESS'));
    const notice = await line.during(told);
    await line.during(machine[Symbol.asyncDispose]());
    expect(failures).toMatchObject([{ code: 'ERR_FILE', message: expect.stringContaining('catalogue.db') }]);
    expect((await samplesOf(notice.attachments[0]?.path ?? '')).length).toBe(32_000);
  });

  it('does not answer calls that were answered elsewhere, have hung up, or are excluded by a rule', async () => {
    await using machine = await start({ rules: [{ callers: ['ja*'], answer: false }] });
    const told: unknown[] = [];
    machine.on('message', (notice) => told.push(notice));
    const call = await (await line.client()).call('anna');
    await line.during(call.reached('RINGING'));
    await line.during(line.clock.advance(5000));
    expect(call.status).toBe('RINGING');
    await call.hangUp();
    await line.during(call.ended());
    expect(told).toEqual([]);
  });

  it('keeps the message and reports it when a hook fails', async () => {
    await using machine = await start({
      hook: { command: process.execPath, args: ['-e', 'process.exit(3)'] },
    });
    const failed = new Promise<Error>((resolve) => machine.once('failed', resolve));
    const call = await (await line.client()).call('anna');
    expect((await line.during(failed)).message).toMatch(/exit code 3/);
    expect(archive.catalogue.count({ state: 'stored' })).toBe(1);
    await line.during(call.ended());
  });
});

describe('an AnsweringMachine with options that cannot work', () => {
  it.each([
    ['a greeting', { greeting: { file: 'no/such/greeting.wav' } }, 'ERR_FILE'],
    ['a greeting of a rule', { rules: [{ greeting: { file: 'no/such.wav' } }] }, 'ERR_FILE'],
    ['a hook', { hook: { command: '/no/such/command' } }, 'ERR_TOOL'],
    ['a transcriber', { transcriber: commandTranscriber({ command: 'no-such-command' }) }, 'ERR_TOOL'],
  ] as const)('does not begin without %s', async (_, options, code) => {
    await using line = await Line.open();
    const client = await line.client('anna');
    const starting = AnsweringMachine.start({ client, server: line.server, archive, ...options });
    await expect(starting).rejects.toMatchObject({ code });
    expect(client.listenerCount('call')).toBe(0);
  });
});

describe('rules', () => {
  const at = (text: string) => new Date(`2026-11-23T${text}:00`);
  const ask = (rules: readonly AnsweringRule[], time: string, caller = 'bob', userStatus = 'ONLINE') =>
    rules.indexOf(matchingRule(rules, { caller, at: at(time), userStatus }) as AnsweringRule);

  it('match by caller, hours and status, in order', () => {
    const night = { hours: { from: '22:00', to: '06:30' } };
    const sundayNight = { hours: { from: '22:00', to: '06:30', days: [0] } };
    expect(ask([night], '23:00')).toBe(0);
    expect(ask([night], '06:29')).toBe(0);
    expect(ask([night], '06:30')).toBe(-1);
    // 2026-11-23 is a Monday: its early morning belongs to Sunday's night.
    expect(ask([sundayNight], '05:00')).toBe(0);
    expect(ask([sundayNight], '23:00')).toBe(-1);
    expect(ask([{ hours: { from: '09:00', to: '17:00' } }], '12:00')).toBe(0);
    expect(ask([{ callers: ['anna', 'BOB'] }], '12:00')).toBe(0);
    expect(ask([{ callers: ['+49*'] }], '12:00', '+4930123')).toBe(0);
    expect(ask([{ callers: ['anna'] }, { status: ['DND', 'AWAY'] }, {}], '12:00')).toBe(2);
    expect(ask([{ status: ['AWAY'] }], '12:00', 'bob', 'AWAY')).toBe(0);
  });

  it('take hours in the given zone, and weekdays by name or number', () => {
    // In Tokyo it is Monday, 00:30: still Sunday's night.
    const at = new Date('2026-11-22T15:30:00Z');
    const call = { caller: 'bob', at, userStatus: 'ONLINE' };
    for (const days of [{ weekdays: ['sun'] }, { days: [0] }] satisfies Partial<AnsweringRule['hours']>[]) {
      const rule: AnsweringRule = { hours: { from: '22:00', to: '06:00', ...days } };
      expect(matchingRule([rule], { ...call, timezone: 'Asia/Tokyo' })).toBe(rule);
      expect(matchingRule([rule], { ...call, timezone: 'UTC' })).toBeUndefined();
    }
  });

  it.each([
    { hours: { from: '9:00', to: '10:00' } },
    { hours: { from: '24:00', to: '10:00' } },
    { hours: { from: '09:00', to: '24:01' } },
    { hours: { from: '09:00', to: '10:00', weekdays: ['Fri' as 'fri'] } },
    { hours: { from: '09:00', to: '10:00', days: [] } },
    { hours: { from: '09:00', to: '10:00', days: [7] } },
    { afterMs: -1 },
  ])('are checked: %j', (rule) => {
    expect(() => checkRules([rule])).toThrow(/ERR_INVALID_ARG|must be/);
  });
});

describe('commandTranscriber', () => {
  it('runs a command without a shell', async () => {
    const args = ['-e', 'console.log(process.argv.slice(1).join("|"))', '{file}', '{language}'];
    const transcriber = commandTranscriber({ command: process.execPath, args });
    const file = '/tmp/a file; rm -rf $HOME.wav';
    const samples = spoken();
    expect(await transcriber.transcribe({ file, samples, language: 'de' })).toEqual({ text: `${file}|de` });
    const failing = commandTranscriber({ command: 'false', args: ['{file}'] });
    await expect(failing.transcribe({ file, samples })).rejects.toMatchObject({ code: 'ERR_TOOL' });
    const missing = commandTranscriber({ command: '/no/such/engine' });
    await expect(missing.transcribe({ samples })).rejects.toThrow(/not installed/);
    expect(() => commandTranscriber({ command: '' })).toThrow(/command/);
    expect(() => commandTranscriber({ command: 'x', timeoutMs: 1 })).toThrow(/timeoutMs/);
  });

  it.each([
    { args: ['-t', 'wav', '-', '-t', 'raw', '-'], from: 'standard input' },
    { args: ['-t', 'wav', '{file}', '-t', 'raw', '-'], from: '/dev/stdin in place of a file' },
  ])('gives a command the WAV on $from (needs sox)', { skip: !hasSox }, async ({ args }) => {
    // What sox makes of it, as text.
    const sum =
      `sox ${args.map((arg) => `'${arg.replace('{file}', '$0')}'`).join(' ')} | sha256sum`.replaceAll(
        "'$0'",
        '$0',
      );
    const transcriber = commandTranscriber({ command: 'sh', args: ['-c', sum, '{file}'] });
    const { text } = await transcriber.transcribe({ samples: spoken() });
    const expected = createHash('sha256')
      .update(Buffer.from(tone(700).buffer))
      .digest('hex');
    expect(text).toBe(`${expected} -`);
  });

  it.skipIf(!hasPocketsphinx)('can use PocketSphinx (needs pocketsphinx)', async () => {
    const args = ['-infile', '/dev/stdin', '-logfn', '/dev/null'];
    const transcriber = commandTranscriber({ command: 'pocketsphinx_continuous', args });
    const file = 'test/fixtures/speech/goforward.wav';
    async function* samples() {
      yield await samplesOf(file);
    }
    expect(await transcriber.transcribe({ file, samples: samples() })).toEqual({
      text: 'go forward ten meters',
    });
  });

  it('stops an engine that never ends, or writes without end', async () => {
    const endless = commandTranscriber({ command: 'yes', args: ['{file}'] });
    await expect(endless.transcribe({ file: 'x', samples: spoken() })).rejects.toThrow(
      /yes wrote more than 1048576 bytes/,
    );
    const stuck = commandTranscriber({ command: 'sleep', args: ['600'], timeoutMs: 1000 });
    await expect(stuck.transcribe({ samples: spoken() })).rejects.toMatchObject({ code: 'ERR_TIMEOUT' });
  });
});
