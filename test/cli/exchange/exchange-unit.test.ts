import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, readFileSync, symlinkSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const UNIT = new URL('../../../docs/jackfield-exchange.service', import.meta.url).pathname;
const MAIN = new URL('../../../dist/cli/main.js', import.meta.url).pathname;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jackfield-test-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** The command of a line of the unit, with the state folder that systemd would make. */
function commandOf(key: 'ExecStartPre' | 'ExecStart'): string[] {
  const line = readFileSync(UNIT, 'utf8')
    .split('\n')
    .find((each) => each.startsWith(`${key}=`));
  return (line ?? '')
    .slice(key.length + 1)
    .replaceAll('%S', folder)
    .split(' ');
}

const has = (program: string) => spawnSync(program, ['--version']).status === 0;

describe('the systemd unit', () => {
  it.skipIf(!has('systemd-analyze'))('is valid for systemd (skipped without systemd-analyze)', () => {
    const { status, stderr } = spawnSync('systemd-analyze', ['--user', 'verify', UNIT], {
      encoding: 'utf8',
      env: { ...process.env, XDG_RUNTIME_DIR: folder },
    });
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });

  it.skipIf(!has('dbus-run-session'))(
    'starts an exchange, which ends when it is told to (skipped without dbus-run-session)',
    async () => {
      const bin = join(folder, 'bin');
      await Promise.all([mkdir(bin), mkdir(join(folder, 'jackfield'))]);
      symlinkSync(MAIN, join(bin, 'jackfield'));
      chmodSync(MAIN, 0o755);
      const [pre = '', ...preArgs] = commandOf('ExecStartPre');
      expect(spawnSync(pre, preArgs).status).toBe(0);
      // Any port will do here.
      const command = commandOf('ExecStart').map((word) => (word === '4100' ? '0' : word));
      const service = spawn('dbus-run-session', ['--', ...command], {
        env: { ...process.env, PATH: `${bin}:${process.env['PATH']}` },
        stdio: ['ignore', 'pipe', 'ignore'],
        detached: true,
      });
      const exited = once(service, 'exit');
      const said: string[] = [];
      for await (const line of createInterface({ input: service.stdout })) {
        said.push(line);
        if (line.includes('127.0.0.1')) break;
      }
      expect(said).toEqual([
        'The exchange listens on the session bus.',
        expect.stringMatching(/^The exchange listens on 127\.0\.0\.1:\d+ for jack\.$/),
      ]);
      process.kill(-(service.pid ?? 0), 'SIGTERM');
      await exited;
    },
    30_000,
  );
});
