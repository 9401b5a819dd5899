import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jackfieldProgram } from '../../src/cli/program.js';
import { attach, Exchange } from '../../src/index.js';

const MAIN = join(process.cwd(), 'dist/cli/main.js');
const SPEECH = join(process.cwd(), 'test/fixtures/speech/reader-870.wav');
/** A process that a signal has not ended by then is not ended by it: machines may be busy. */
const ENDED_MS = 20_000;

/** A command that runs until it is told to stop, or for long. */
interface Long {
  readonly args: (scene: Scene) => readonly string[];
  /** What it prints, or what the endpoint says, when it is in the midst of its work. */
  readonly underWay: RegExp;
  /** Who calls whom then. */
  readonly calls?: string;
}

const LONG: Readonly<Record<string, Long>> = {
  demo: { args: ({ folder }) => ['--out', folder], underWay: /INPROGRESS/i },
  exchange: { args: () => ['--tcp', '0', '--json'], underWay: /"ready"/ },
  record: {
    args: ({ at, folder }) => [...at, '--json', '--out', join(folder, 'out')],
    underWay: /"event":"recording"/,
    calls: 'echo123',
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
  trace: {
    args: ({ at }) => ['--follow', 'GET PROFILE FULLNAME', ...at],
    underWay: /PROFILE FULLNAME/,
  },
};

/** Commands that end by themselves: a signal ends each as it ends any process. */
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
    'verify',
    'explain',
    'doctor',
    'completion',
  ],
  ...['config check', 'config schema', 'voicemail index'],
  ...[
    'status',
    'calls',
    'call',
    'answer',
    'hangup',
    'digits',
    'transfer',
    'say',
    'record pause',
    'record resume',
    'hold',
    'resume',
    'drain',
    'reload',
    'tail',
  ].map((n) => `ctl ${n}`),
  ...['info', 'repair', 'trim', 'mix', 'convert', 'draw'].map((n) => `wav ${n}`),
];

interface Scene {
  readonly folder: string;
  readonly at: readonly string[];
  readonly message: number;
}

let base: string;
let state: string;
let message: number;
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'jackfield-long-'));
  state = join(base, 'state');
  const exchange = await Exchange.start({
    users: [{ handle: 'jack' }, { handle: 'anna' }],
    stateFolder: state,
  });
  message = await exchange.deposit({ to: 'jack', from: { handle: 'anna', fullName: 'Anna' }, file: SPEECH });
  await exchange.close();
});
/** Every process that was begun, for the scenes that did not come about. */
const begun: ChildProcess[] = [];
afterAll(async () => {
  for (const child of begun) child.kill('SIGKILL');
  await rm(base, { recursive: true, force: true });
});

/** A process in the midst of things, with everything that it and its endpoint say. */
async function inTheMidst(name: string, { args, underWay, calls }: Long) {
  const folder = await mkdtemp(join(base, 'scene-'));
  await cp(state, join(folder, 'state'), { recursive: true });
  await writeFile(join(folder, 'list.csv'), 'target\necho123\n');
  await writeFile(
    join(folder, 'flow.yaml'),
    'name: Wait\nsteps:\n  wait: { do: hangup, say: { tone: 440, ms: 60000 } }\n',
  );
  const exchange = await started([
    'exchange',
    '--tcp',
    '0',
    '--json',
    '--user',
    'jack',
    'anna',
    '--state',
    join(folder, 'state'),
  ]);
  const { port } = JSON.parse(await exchange.until(/"listening"/));
  await exchange.until(/"ready"/);
  const watcher = await attach(`tcp:${port}`, { name: 'watcher' });
  const scene = { folder, message, at: ['--attach', `tcp:${port}`] };
  const command = await started([...name.split(' '), ...args(scene)]);
  watcher.on('trace', ({ line }) => command.say(line));
  if (calls) {
    await command.until(/"ready"/);
    await watcher.call(calls);
  }
  await command.until(underWay);
  const peers = [exchange.child.pid, ...(await childrenOf(command.child.pid))];
  return {
    command,
    folder,
    watcher,
    /** Everything that it talks to stands still, with its connections open. */
    stopPeers: () => each(peers, 'SIGSTOP'),
    end: async () => {
      command.child.kill('SIGKILL');
      each(peers, 'SIGCONT');
      await watcher.close();
      each(peers, 'SIGKILL');
    },
  };
}

function each(pids: readonly (number | undefined)[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      if (pid !== undefined) process.kill(pid, signal);
    } catch {
      // It is gone.
    }
  }
}

/** Where the system tells; the exchange of a demo is one. */
async function childrenOf(pid: number | undefined): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  return text.split(' ').filter(Boolean).map(Number);
}

async function started(args: readonly string[]) {
  const child: ChildProcess = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  begun.push(child);
  const lines: string[] = [];
  const looks = new Set<() => void>();
  const say = (line: string) => {
    lines.push(line);
    for (const look of looks) look();
  };
  for (const stream of [child.stdout, child.stderr])
    if (stream) createInterface({ input: stream }).on('line', say);
  const exited = once(child, 'exit').then(([code, signal]: (number | string | null)[]) => ({ code, signal }));
  const until = (pattern: RegExp) =>
    new Promise<string>((resolve, reject) => {
      const look = () => {
        const found = lines.find((line) => pattern.test(line));
        if (found === undefined) return;
        looks.delete(look);
        resolve(found);
      };
      looks.add(look);
      look();
      void exited.then((how) => reject(new Error(`ended with ${JSON.stringify(how)}: ${lines.join('\n')}`)));
    });
  return { child, until, say, exited, lines };
}

/** @throws when it has not ended in good time. */
function ended<T>(exited: Promise<T>): Promise<T> {
  const late = once(AbortSignal.timeout(ENDED_MS), 'abort').then(() => {
    throw new Error('the signal has not ended it');
  });
  return Promise.race([exited, late]);
}

// `serve` wants a configuration, and is not tried here.
it('each command is told here to be one that runs for long, or not', async () => {
  const leaves = (command: Command, path: readonly string[]): string[] =>
    command.commands.length === 0
      ? [path.join(' ')]
      : command.commands.flatMap((child) => leaves(child, [...path, child.name()]));
  expect(leaves(await jackfieldProgram(), []).sort()).toEqual(
    [...Object.keys(LONG), ...SHORT, 'serve'].sort(),
  );
});

describe.each(Object.entries(LONG))('%s', (name, long) => {
  it('ends after SIGTERM though what it talks to stands still', { timeout: 60_000 }, async () => {
    const { command, stopPeers, end } = await inTheMidst(name, long);
    try {
      stopPeers();
      command.child.kill('SIGTERM');
      expect(await ended(command.exited)).toMatchObject({ code: expect.any(Number) });
    } finally {
      await end();
    }
  });

  it('ends at once when SIGTERM comes again', { timeout: 60_000 }, async () => {
    const { command, stopPeers, end } = await inTheMidst(name, long);
    try {
      stopPeers();
      // timer: it does not say when it has heard the first; two that come at once are one to the system.
      const again = setInterval(() => command.child.kill('SIGTERM'), 20);
      const { code, signal } = await ended(command.exited).finally(() => clearInterval(again));
      // What has nothing to wait for may have ended in good order before the second came, or as it came.
      expect([0, 1, 130, 128 + 15, 'SIGTERM']).toContain(code ?? signal);
      expect(command.lines.join('\n')).not.toContain('what is left is cut off');
    } finally {
      await end();
    }
  });
});

/** What goes on without anybody who reads what it prints: all but what only prints. */
const UNREAD = Object.entries(LONG).filter(([name]) => name !== 'trace');

it.each(UNREAD)(
  '%s goes on when nobody reads its output any more',
  { timeout: 60_000 },
  async (name, long) => {
    const { command, watcher, end } = await inTheMidst(name, long);
    try {
      command.child.stdout?.destroy();
      command.child.stderr?.destroy();
      // Something to say for each that says what happens.
      const call = await watcher.call('echo123');
      await Promise.race([call.reached('INPROGRESS'), call.ended()]);
      await call.hangUp().catch(() => undefined);
      expect(command.child.exitCode).toBeNull();
      command.child.kill('SIGTERM');
      expect(await ended(command.exited)).toMatchObject({ code: expect.any(Number) });
    } finally {
      await end();
    }
  },
);

it('a recording whose log is not read any more is finished', { timeout: 60_000 }, async () => {
  const long = LONG['record'] as Long;
  const { command, watcher, folder, end } = await inTheMidst('record', long);
  try {
    await command.until(/"event":"progress".*"positionMs":[1-9]/);
    command.child.stdout?.destroy();
    command.child.stderr?.destroy();
    await Promise.all([...watcher.calls].map((call) => call.hangUp()));
    command.child.kill('SIGTERM');
    expect(await ended(command.exited)).toMatchObject({ code: 0 });
    const files = await readdir(join(folder, 'out'), { recursive: true });
    expect(files.filter((file) => /manifest\.json$/.test(file))).toHaveLength(1);
    expect(files.filter((file) => file.startsWith('.recording/'))).toEqual([]);
  } finally {
    await end();
  }
});
