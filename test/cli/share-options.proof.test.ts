import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { attach, Exchange, MemoryTransport } from '../../src/index.js';
import type { RecordingSidecar } from '../../src/recording.js';
import { decodeWav, encodeWav } from '../../src/voice.js';

const MAIN = 'dist/cli/main.js';
let folder: string;
let exchange: Exchange;
let port: number;
const children: ChildProcess[] = [];
beforeAll(async () => {
  if (!existsSync(MAIN)) throw new Error('Build first: npm run build.');
  folder = await mkdtemp(join(tmpdir(), 'jackfield-share-'));
  await mkdir(join(folder, 'run'), { mode: 0o700 });
  await writeFile(
    join(folder, 'flow.yaml'),
    'name: Tone\nsteps:\n  hello: { do: say, what: [{ silence: 1500 }, { tone: 700, ms: 3000 }] }\n',
  );
  await writeFile(join(folder, 'list.csv'), 'target\nann\n');
  const tone = Int16Array.from(
    { length: 48_000 },
    (_, at) => 8000 * Math.sin((at * 2 * Math.PI * 700) / 16_000),
  );
  await writeFile(join(folder, 'greeting.wav'), encodeWav(tone));
  exchange = await Exchange.start({
    users: [{ handle: 'desk' }, { handle: 'ann' }],
  });
  port = await exchange.listen({ handle: 'desk' });
});
afterEach(async () => {
  // A second try meets nobody of the first.
  const all = children.splice(0);
  const gone = all.map((child) => (child.exitCode ?? child.signalCode) === null && once(child, 'exit'));
  for (const child of all) child.kill('SIGKILL');
  await Promise.all(gone);
});
afterAll(async () => {
  await exchange.close();
  await rm(folder, { recursive: true });
});

interface Line {
  readonly event?: string;
  readonly [field: string]: unknown;
}

/** Starts a command; gives the first of its JSON lines that is of an event, or has a field. */
function started(...args: readonly string[]) {
  const child = spawn(process.execPath, [MAIN, ...args, '--json', '--attach', `tcp:${port}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, XDG_RUNTIME_DIR: join(folder, 'run') },
  });
  children.push(child);
  const told: Line[] = [];
  const waiting = new Set<() => void>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    told.push(JSON.parse(line) as Line);
    for (const look of waiting) look();
  });
  const until = (wanted: string, passes = (_: Line) => true) =>
    new Promise<Line>((resolve) => {
      const look = () => {
        const found = told.find((line) => (line.event === wanted || wanted in line) && passes(line));
        if (!found) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
    });
  return { child, until };
}

/** Seconds of a published recording in which something is said into the call. */
async function spokenSeconds(published: Line): Promise<number> {
  const { samples } = decodeWav(await readFile(String(published['file'])));
  return samples.filter((each, index) => index % 2 === 0 && Math.abs(each) > 500).length / 16_000;
}

/** Stretches that a published recording misses, other than those before a stream of a call in progress came. */
async function lostIn(published: Line): Promise<unknown[]> {
  const sidecar = JSON.parse(await readFile(String(published['file']).replace(/wav$/, 'json'), 'utf8'));
  const { local, remote } = (sidecar as RecordingSidecar).legs;
  return [local, remote].flatMap(({ ledger }) =>
    ledger.spans.filter(({ kind, reason }) => kind === 'missing' && reason !== 'late-start'),
  );
}

it.skipIf(process.platform === 'win32').each([
  ['the bot was started first', true],
  ['the recorder was started first', false],
])(
  'a recorder with --share records the call that the bot of another process has, with what the bot says: %s',
  async (_, botFirst) => {
    const out = await mkdtemp(join(folder, 'recordings-'));
    const starts = [
      () => started('ivr', 'run', join(folder, 'flow.yaml')),
      () => started('record', '--share', '--out', out),
    ];
    const processes = new Map<number, ReturnType<typeof started>>();
    for (const at of botFirst ? [0, 1] : [1, 0]) {
      processes.set(at, starts[at]!());
      await processes.get(at)!.until('ready');
    }
    const [bot, recorder] = [processes.get(0)!, processes.get(1)!];
    const names = await readdir(join(folder, 'run', 'jackfield'));
    expect(names).toContain(`voice-${bot.child.pid}.sock`);
    await using client = await attach(new MemoryTransport(exchange.endpoint('ann')));
    const call = await client.call('desk');
    expect(await call.ended()).toBe('FINISHED');
    const published = await recorder.until('published');
    await client.close();
    // Nothing is missing: each sample lies where the bot's own positions say.
    const sidecar = JSON.parse(await readFile(String(published['file']).replace(/wav$/, 'json'), 'utf8'));
    expect(sidecar).toMatchObject({
      complete: true,
      legs: { local: { ledger: { missing: 0 } }, remote: { ledger: { missing: 0 } } },
    });
    // The tone is whole: what was said is there at its length.
    expect(await spokenSeconds(published)).toBeGreaterThan(2);
    for (const { child } of [bot, recorder]) child.kill('SIGTERM');
  },
);

it.skipIf(process.platform === 'win32').each([
  ['without --share', [], /process (\d+) is already speaking/],
  ['with --share', ['--share'], /process (\d+) is already speaking/],
])('of two answering machines %s one takes the call, and the other is told which', async (_, share, text) => {
  const one = (name: string) =>
    started('voicemail', 'answer', ...share, '--in', join(folder, `${name}-${share.length}`), '--after', '0');
  const machines = [one('first'), one('second')];
  await Promise.all(machines.map(({ until }) => until('answering')));
  await using client = await attach(new MemoryTransport(exchange.endpoint('ann')));
  const call = await client.call('desk');
  await call.reached('INPROGRESS');
  const told = machines.map(({ until }) => until('failed'));
  const loser = await Promise.race(told.map((it, at) => it.then(({ failed }) => ({ at, failed }))));
  // Whose call it is goes on with it.
  expect(call.status).toBe('INPROGRESS');
  const winner = machines[1 - loser.at];
  expect(text.exec(String(loser.failed))?.[1]).toBe(String(winner?.child.pid));
  await call.hangUp();
  await client.close();
});

it.skipIf(process.platform === 'win32').each([
  // She lets it ring a little, as people do: the campaign begins before the recorder.
  ['who lets it ring', 600],
  // Either of the two may have the call first.
  ['who answers at once', 0],
])('a recorder with --share records what a campaign says to its target: a person %s', async (_, ringsMs) => {
  const recorder = started('record', '--share', '--out', await mkdtemp(join(folder, 'of-campaign-')));
  await recorder.until('ready');
  await using client = await attach(new MemoryTransport(exchange.endpoint('ann')));
  // timer: how long a person lets it ring.
  client.on('call', (call) => setTimeout(() => void call.answer().catch(() => undefined), ringsMs));
  const flow = ['--flow', join(folder, 'flow.yaml'), '--out', await mkdtemp(join(folder, 'campaign-'))];
  const campaign = started('campaign', 'run', join(folder, 'list.csv'), ...flow);
  expect(await campaign.until('outcome')).toMatchObject({ target: 'ann', outcome: 'done' });
  const published = await recorder.until('published');
  await client.close();
  expect(await lostIn(published)).toEqual([]);
  expect(await spokenSeconds(published)).toBeGreaterThan(2);
});

it.skipIf(process.platform === 'win32').each([
  ['with --share', ['--share']],
  ['without --share', []],
])(
  'an answering machine speaks in a call that a recorder %s has had since it rang; the recording has what it says',
  async (_, share) => {
    const recorder = started('record', ...share, '--out', await mkdtemp(join(folder, 'of-machine-')));
    const machine = started(
      ...['voicemail', 'answer', '--in', await mkdtemp(join(folder, 'voicemails-')), '--after', '2'],
      ...['--greeting', join(folder, 'greeting.wav')],
    );
    await Promise.all([recorder.until('ready'), machine.until('answering')]);
    await using client = await attach(new MemoryTransport(exchange.endpoint('ann')));
    const call = await client.call('desk');
    await call.reached('INPROGRESS');
    await new Promise((resolve) => {
      call.on('property', (name, value) => name === 'DURATION' && Number(value) >= 5 && resolve(value));
    });
    await call.hangUp();
    const published = await recorder.until('published');
    await client.close();
    expect(await spokenSeconds(published)).toBeGreaterThan(2);
  },
);

it.skipIf(process.platform === 'win32')(
  'of two recorders without --share one has the whole call, and the other reports which process has it',
  async () => {
    const outs = ['one', 'other'].map((name) => join(folder, name));
    const recorders = outs.map((out) => started('record', '--out', out));
    await Promise.all(recorders.map(({ until }) => until('ready')));
    await using client = await attach(new MemoryTransport(exchange.endpoint('desk')));
    // Each call is a race of its own.
    for (let round = 1; round <= 3; round++) {
      const call = await client.call('echo123');
      await call.reached('INPROGRESS');
      const told = recorders.map(({ until }) => until('failed', ({ call: id }) => id === call.id));
      const loser = await Promise.race(told.map((it, at) => it.then(({ reason }) => ({ at, reason }))));
      await new Promise((resolve) => {
        call.on('property', (name, value) => name === 'DURATION' && Number(value) > 0 && resolve(value));
      });
      // Whose call it is goes on with it.
      expect(call.status).toBe('INPROGRESS');
      const winner = recorders[1 - loser.at];
      expect(/is redirected to port \d+, of process (\d+)/.exec(String(loser.reason))?.[1]).toBe(
        String(winner?.child.pid),
      );
      await call.hangUp();
      const published = await winner?.until('published', ({ call: id }) => id === call.id);
      expect(published).toMatchObject({ complete: true, call: call.id });
      expect(Number(published?.['durationMs'])).toBeGreaterThan(500);
    }
  },
);
