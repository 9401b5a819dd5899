import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { jackfieldProgram } from '../../src/cli/program.js';
import { inTheMidst, killAll, type Long, makeState, type Scene, userOf } from './long-scene.js';

const LONG: Readonly<Record<string, Long>> = {
  demo: { args: ({ folder }) => ['--out', join(folder, 'out')], underWay: /INPROGRESS/i },
  exchange: { args: () => ['--tcp', '0', '--json'], underWay: /"ready"/ },
  record: {
    args: ({ at, folder }) => [...at, '--json', '--out', join(folder, 'out')],
    underWay: /"event":"progress".*"positionMs":[1-9]/,
    call: { after: /"ready"/, to: 'echo123' },
  },
  siprec: {
    args: ({ folder }) => ['--port', '0', '--json', '--out', join(folder, 'out')],
    underWay: /"ready"/,
  },
  serve: {
    args: ({ folder }) => [join(folder, 'serve.yaml')],
    underWay: /"type":"bot".*"what":"talking"/,
    call: { after: /"what":"ready"/, from: 'anna' },
  },
  'voicemail play': { args: ({ at, message }) => [String(message), ...at], underWay: /STATUS PLAYING/ },
  'voicemail leave': {
    args: ({ at }) => ['anna', '--skip-greeting', ...at],
    underWay: /VOICEMAIL \d+ STATUS RECORDING/,
  },
  'voicemail greeting': { args: ({ at }) => ['--record', ...at], underWay: /VOICEMAIL \d+ STATUS RECORDING/ },
  'voicemail answer': {
    args: ({ at, folder }) => ['--in', join(folder, 'in'), '--json', ...at],
    underWay: /"answering"/,
  },
  'voicemail archive': {
    args: ({ at, folder }) => ['--out', join(folder, 'archive'), ...at],
    underWay: /STATUS PLAYING/,
  },
  'ivr run': {
    args: ({ at, folder }) => [join(folder, 'flow.yaml'), '--speech', 'melody', ...at],
    underWay: /answers calls/,
  },
  'campaign run': {
    args: ({ at, folder }) => [
      ...[join(folder, 'list.csv'), '--flow', join(folder, 'flow.yaml'), '--out', join(folder, 'out')],
      ...['--speech', 'melody', ...at],
    ],
    underWay: /CALL \d+ STATUS INPROGRESS/,
  },
  desk: { args: () => ['--tcp', '0', '--json'], underWay: /"event":"state"/ },
  'chat follow': { args: ({ at }) => at, underWay: /^Following/ },
  'sms follow': { args: ({ at }) => at, underWay: /^Following/ },
  'files watch': { args: ({ at }) => at, underWay: /^Watching/ },
  trace: {
    args: ({ at }) => ['--follow', 'GET PROFILE FULLNAME', ...at],
    underWay: /PROFILE FULLNAME/,
  },
};
const NAMES = Object.keys(LONG);

/** Commands that end by themselves, as those of `ctl` do: a signal ends each as it ends any process. */
const SHORT = [
  ...['list', 'show', 'play', 'verify', 'export', 'hold', 'purge', 'index', 'outbox'].map(
    (n) => `recordings ${n}`,
  ),
  ...['list', 'find', 'export', 'verify', 'transcribe', 'tag', 'hold', 'purge'].map((n) => `voicemail ${n}`),
  ...[
    'ivr check',
    'ivr draw',
    'ivr try',
    'campaign results',
    'campaign list',
    'analyse',
    'verify',
    'explain',
    'doctor',
    'completion',
  ],
  ...['config check', 'config schema', 'config try', 'campaign report', 'voicemail index'],
  ...['annotate', 'search', 'transcribe', 'transcript', 'mask', 'vcon'].map((n) => `recordings ${n}`),
  ...['list', 'read', 'send', 'export'].map((n) => `chat ${n}`),
  ...['list', 'add', 'authorise', 'dismiss', 'block', 'unblock', 'remove', 'rename', 'speed-dial'].map(
    (n) => `contacts ${n}`,
  ),
  ...['conversations', 'profile', 'services', 'settings', 'status'].map((n) => `account ${n}`),
  ...['sms list', 'sms send', 'files list', 'open', 'sip call', 'sip options', 'sip register'],
  ...['info', 'repair', 'trim', 'mix', 'convert', 'draw'].map((n) => `wav ${n}`),
];

let base: string;
let messages: ReadonlyMap<string, number>;
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'jackfield-long-'));
  messages = await makeState(join(base, 'state'), NAMES.map(userOf));
});
afterAll(async () => {
  killAll();
  await rm(base, { recursive: true, force: true });
});

it('each command is listed here as long-running or not', async () => {
  const leaves = (command: Command, path: readonly string[]): string[] =>
    command.commands.length === 0
      ? [path.join(' ')]
      : command.commands.flatMap((child) => leaves(child, [...path, child.name()]));
  const all = leaves(await jackfieldProgram(), []).filter((name) => !name.startsWith('ctl '));
  expect(all.sort()).toEqual([...NAMES, ...SHORT].sort());
});

/** Begins a scene before the tests of a group, and ends it after them. */
function scene(longs: Readonly<Record<string, Long>>, begin: (scene: Scene) => unknown) {
  let now: Scene;
  beforeAll(async () => {
    now = await inTheMidst(base, longs, messages);
    await begin(now);
  });
  afterAll(() => now?.end());
  return (name: string) => now.commands.get(name) ?? expect.fail(`${name} was not begun`);
}

/** Sends it to all at once. */
const signalAll = ({ commands }: Scene, signal: NodeJS.Signals = 'SIGTERM') => {
  for (const { child } of commands.values()) child.kill(signal);
};

describe('SIGTERM while every peer of a command is stopped', () => {
  const running = scene(LONG, (now) => {
    now.stopPeers();
    signalAll(now);
  });

  // The time itself is the machine's: the command says by which of its own timers it was ended.
  it.each(NAMES)('ends %s by itself, or by its timer within 5 s', async (name) => {
    const { exited, lines } = running(name);
    expect(await exited).toMatchObject({ code: expect.any(Number) });
    const cutOff = lines.find((line) => line.includes('the rest is aborted'));
    expect(cutOff ?? 'ended in order').toMatch(
      /^(ended in order|Shutdown took longer than 4\.5 s: the rest is aborted\.)$/,
    );
  });
});

describe('a second SIGTERM', () => {
  let again: NodeJS.Timeout;
  const running = scene(LONG, (now) => {
    now.stopPeers();
    // timer: none says when it has heard the first; two that come at once are one to the system.
    again = setInterval(() => signalAll(now), 20);
  });
  afterAll(() => clearInterval(again));

  it.each(NAMES)('ends %s at once', async (name) => {
    const { exited, lines } = running(name);
    const { code, signal } = await exited;
    // What has nothing to wait for may have ended in good order before the second came, or as it came.
    expect([0, 1, 130, 128 + 15, 'SIGTERM']).toContain(code ?? signal);
    expect(lines.join('\n')).not.toContain('the rest is aborted');
  });
});

/** Waits until something of both calls is on disk, the new one and the one that there was: nobody reads what is printed. */
const recordsBoth = (folder: string) =>
  vi.waitUntil(
    async () => {
      const files = (await readdir(folder)).filter((file) => file.endsWith('.wav'));
      const sizes = await Promise.all(files.map(async (file) => (await stat(join(folder, file))).size));
      return sizes.filter((size) => size > 10_000).length === 2;
    },
    { timeout: 30_000 },
  );

describe('a command whose output is no longer read', () => {
  /** All but what only prints. */
  const { trace: _, ...unread } = LONG;
  const alive = new Set<string>();
  const running = scene(unread, async (now) => {
    for (const { child } of now.commands.values()) {
      child.stdout?.destroy();
      child.stderr?.destroy();
    }
    await Promise.all(
      // Something to say for each that says what happens.
      [...now.watchers].map(async ([name, watcher]) => {
        const call = await watcher.call('echo123');
        await Promise.race([call.reached('INPROGRESS'), call.ended()]);
        if (name === 'record')
          await recordsBoth(join(now.commands.get(name)?.folder ?? '', 'out', '.recording'));
      }),
    );
    // Their ends, too; a campaign would end by itself with its call.
    const ending = [...now.watchers].filter(([name]) => name !== 'campaign run');
    const calls = ending.flatMap(([, watcher]) => [...watcher.calls]);
    await Promise.all(calls.map((call) => call.hangUp().catch(() => undefined)));
    for (const [name, { child }] of now.commands) if (child.exitCode === null) alive.add(name);
    signalAll(now, 'SIGINT');
  });

  it.each(Object.keys(unread))('%s continues, and exits with 130 on Ctrl-C', async (name) => {
    expect(await running(name).exited).toEqual({ code: 130, signal: null });
    expect(alive).toContain(name);
  });

  it('record finishes its recordings', async () => {
    const { exited, folder } = running('record');
    expect(await exited).toMatchObject({ code: 130 });
    const files = await readdir(join(folder, 'out'), { recursive: true });
    expect(files.filter((file) => /manifest\.json$/.test(file))).toHaveLength(2);
    expect(files.filter((file) => file.startsWith('.recording/'))).toEqual([]);
  });
});
