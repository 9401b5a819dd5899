import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { attach, Exchange, TcpTransport } from '../../src/index.js';

const MAIN = join(process.cwd(), 'dist/cli/main.js');
const STOPPED = join(import.meta.dirname, 'stopped-terminal.py');
const hasTerminals = spawnSync('python3', ['-c', 'import pty']).status === 0;

/** Each command that shows a table of calls, by what it has printed when it is ready. */
const SHOWN: Readonly<
  Record<string, { readonly ready: string; args(folder: string, at: string): string[] }>
> = {
  record: {
    ready: 'no calls',
    args: (folder, at) => ['record', '--attach', at, '--out', join(folder, 'out')],
  },
  serve: { ready: 'service ready', args: (folder) => ['serve', join(folder, 'serve.json')] },
};

describe.skipIf(!hasTerminals)('at a terminal that is stopped (skipped without python3 and its pty)', () => {
  let folder: string;
  let exchange: Exchange;
  const children: ChildProcess[] = [];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'jackfield-still-'));
    exchange = await Exchange.start({ users: Object.keys(SHOWN).map((handle) => ({ handle })) });
  });
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL');
    await exchange.close();
    await rm(folder, { recursive: true });
  });

  it.concurrent.each(Object.entries(SHOWN))(
    '%s continues recording, and ends on its signal',
    async (handle, of) => {
      const port = await exchange.listen({ handle });
      const own = await mkdtemp(join(folder, `${handle}-`));
      const at = `tcp:${port}`;
      const control = { socket: join(own, 'control', 'serve.sock') };
      const config = { endpoints: { desk: { attach: at } }, record: { out: join(own, 'out') }, control };
      await writeFile(join(own, 'serve.json'), JSON.stringify(config));
      const child = spawn('python3', [STOPPED, of.ready, process.execPath, MAIN, ...of.args(own, at)], {
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      children.push(child);
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      expect((await lines.next()).value).toBe('stopped');

      await using client = await attach(new TcpTransport({ port }));
      const call = await client.call('echo123');
      const talked = new Promise((resolve) => {
        call.on('property', (name, value) => name === 'DURATION' && Number(value) >= 2 && resolve(value));
      });
      await talked;
      await call.hangUp();
      // What it prints is not read: only the disk tells.
      const isPublished = async () =>
        (await readdir(join(own, 'out'), { recursive: true })).some((file) =>
          file.endsWith('.manifest.json'),
        );
      await vi.waitUntil(isPublished, { timeout: 60_000 });
      child.stdin.end();
      expect((await lines.next()).value).toBe('ended 0');
    },
    120_000,
  );
});
