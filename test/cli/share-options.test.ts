import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { attach, Exchange, MemoryTransport } from '../../src/index.js';
import { decodeWav } from '../../src/voice.js';

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
    'name: Tone\nsteps:\n  hello: { do: say, what: [{ silence: 500 }, { tone: 700, ms: 3000 }] }\n',
  );
  exchange = await Exchange.start({ users: [{ handle: 'desk' }, { handle: 'ann' }] });
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
  readonly event: string;
  readonly [field: string]: unknown;
}

/** Starts a command; gives the first of its JSON lines that is of an event. */
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
  const until = (event: string) =>
    new Promise<Line>((resolve) => {
      const look = () => {
        const found = told.find((line) => line.event === event);
        if (!found) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
    });
  return { child, until };
}

it.skipIf(process.platform === 'win32')(
  'a recorder with --share records the call that the bot of another process has, with what the bot says',
  async () => {
    const out = join(folder, 'recordings');
    const bot = started('ivr', 'run', join(folder, 'flow.yaml'));
    const recorder = started('record', '--share', '--out', out);
    await Promise.all([bot.until('ready'), recorder.until('ready')]);
    const names = await readdir(join(folder, 'run', 'jackfield'));
    expect(names).toContain(`voice-${bot.child.pid}.sock`);
    const client = await attach(new MemoryTransport(exchange.endpoint('ann')));
    const call = await client.call('desk');
    expect(await call.ended()).toBe('FINISHED');
    const published = await recorder.until('published');
    await client.close();
    const { samples, format } = decodeWav(await readFile(String(published['file'])));
    expect(format.channels).toBe(2);
    const loudest = [0, 1].map((channel) =>
      samples.reduce(
        (most, each, index) => (index % 2 === channel ? Math.max(most, Math.abs(each)) : most),
        0,
      ),
    );
    expect(loudest[0]).toBeGreaterThan(2000);
    // The tone is whole: what was said is there at its length.
    const loud = samples.filter((each, index) => index % 2 === 0 && Math.abs(each) > 500).length;
    expect(loud / 16_000).toBeGreaterThan(2);
    for (const { child } of [bot, recorder]) child.kill('SIGTERM');
  },
);
