import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Exchange } from '../../src/index.js';

const MAIN = 'dist/cli/main.js';
const has = (program: string) => spawnSync(program, ['--version']).status === 0;
/** A service manager as far as it listens: prints each message that comes. */
const LISTENER = `
import socket, sys
listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listener.bind(sys.argv[1])
print('listening', flush=True)
while True:
    message = listener.recv(4096).decode().strip()
    # The descriptor that comes along, for which the sender waits, is closed by the system, as it is not taken.
    if message != 'BARRIER=1': print(message, flush=True)
`;

let folder: string;
let exchange: Exchange;
let port: number;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jackfield-manager-'));
  exchange = await Exchange.start();
  port = await exchange.listen();
  const config = {
    endpoints: { desk: { attach: `tcp:${port}` } },
    control: { socket: join(folder, 'run', 's') },
  };
  await writeFile(join(folder, 'serve.json'), JSON.stringify(config));
});
afterAll(async () => {
  await exchange.close();
  await rm(folder, { recursive: true, force: true });
});

const COMMANDS: Readonly<Record<string, () => readonly string[]>> = {
  serve: () => ['serve', join(folder, 'serve.json')],
  record: () => ['record', '--attach', `tcp:${port}`, '--out', join(folder, 'out')],
  'voicemail answer': () => ['voicemail', 'answer', '--attach', `tcp:${port}`, '--in', join(folder, 'in')],
  exchange: () => ['exchange', '--tcp', '0'],
};

describe.skipIf(!has('python3') || !has('systemd-notify'))(
  'the service manager (skipped without python3 and systemd-notify)',
  () => {
    it.concurrent.each(Object.keys(COMMANDS))('is told that %s is ready, alive, and ending', async (name) => {
      const socket = join(folder, `notify-${name}`);
      const listener = spawn('python3', ['-c', LISTENER, socket], { stdio: ['ignore', 'pipe', 'inherit'] });
      const told = createInterface({ input: listener.stdout })[Symbol.asyncIterator]();
      const next = async () => (await told.next()).value as string;
      expect(await next()).toBe('listening');
      const child = spawn(process.execPath, [MAIN, ...(COMMANDS[name]?.() ?? [])], {
        stdio: ['ignore', 'ignore', 'inherit'],
        env: { ...process.env, NOTIFY_SOCKET: socket, WATCHDOG_USEC: '400000' },
      });
      const ended = once(child, 'exit');
      try {
        expect(await next()).toBe('READY=1');
        expect([await next(), await next()]).toEqual(['WATCHDOG=1', 'WATCHDOG=1']);
        child.kill('SIGTERM');
        let last = await next();
        while (last === 'WATCHDOG=1') last = await next();
        expect(last).toBe('STOPPING=1');
        expect((await ended)[0]).toBe(0);
      } finally {
        child.kill('SIGKILL');
        listener.kill('SIGKILL');
      }
    });
  },
);

it('without a service manager nothing is sent and nothing fails', async () => {
  const { tellManager } = await import('../../src/cli/service-manager.js');
  const before = process.getActiveResourcesInfo().length;
  tellManager(new AbortController().signal)[Symbol.dispose]();
  expect(process.getActiveResourcesInfo().length).toBeLessThanOrEqual(before);
});
