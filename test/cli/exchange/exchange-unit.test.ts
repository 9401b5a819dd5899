import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, readFileSync, symlinkSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { jackfieldProgram } from '../../../src/cli/program.js';

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

/** The units and the image of the package. */
const UNITS = ['jackfield-exchange', 'jackfield-record', 'jackfield-serve', 'jackfield-voicemail'];
/** Highest exposure of a unit that voice and other people's names come to; systemd calls 2.5 OK, and 9.6 unsafe. */
const EXPOSURE = 3;
const docs = (name: string) => new URL(`../../../docs/${name}`, import.meta.url).pathname;

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

describe.each(UNITS)('the unit %s', (name) => {
  it.skipIf(!has('systemd-analyze'))('is valid for systemd (skipped without systemd-analyze)', () => {
    const { status, stderr } = spawnSync('systemd-analyze', ['--user', 'verify', docs(`${name}.service`)], {
      encoding: 'utf8',
      env: { ...process.env, XDG_RUNTIME_DIR: folder },
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  it.skipIf(name === 'jackfield-exchange' || !has('systemd-analyze'))(
    'is sandboxed (skipped without systemd-analyze)',
    () => {
      const args = ['security', '--offline=true', `--threshold=${EXPOSURE * 10}`, docs(`${name}.service`)];
      const { status, stdout } = spawnSync('systemd-analyze', args, { encoding: 'utf8' });
      expect({ status, stdout }).toMatchObject({ status: 0 });
    },
  );

  it('has Type=notify and a watchdog', () => {
    const unit = readFileSync(docs(`${name}.service`), 'utf8');
    // Who is started by this type and does not tell is ended: test/cli/service-manager.test.ts has the commands that do.
    expect(unit).toMatch(/^Type=notify$[^[]*^NotifyAccess=all$[^[]*^WatchdogSec=\d+$/m);
    if (name !== 'jackfield-exchange') expect(unit).toMatch(/^ReadWritePaths=.*%S\/jackfield/m);
  });

  it('starts an existing command with options that it has', async () => {
    const unit = readFileSync(docs(`${name}.service`), 'utf8');
    const [, line = ''] = /^ExecStart=\/usr\/bin\/env jackfield (.*)$/m.exec(unit) ?? [];
    const program = await jackfieldProgram();
    const words = line.split(' ');
    let command: Command = program;
    for (const word of words) command = command.commands.find((child) => child.name() === word) ?? command;
    const options = words.filter((word) => word.startsWith('--'));
    expect(command.commands).toEqual([]);
    expect(command.options.map(({ long }) => long)).toEqual(expect.arrayContaining(options));
  });
});

it('the Dockerfile installs the package for a user other than root, and keeps recordings in a volume', () => {
  const lines = readFileSync(docs('Dockerfile'), 'utf8')
    .split('\n')
    .filter((line) => /^[A-Z]/.test(line));
  const { engines } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
  const [, node = '0'] = /^FROM node:(\d+)/.exec(lines[0] ?? '') ?? [];
  expect(Number(node)).toBeGreaterThan(Number.parseInt(engines.node.replace('>=', ''), 10));
  const keys = 'FROM COPY RUN RUN USER WORKDIR VOLUME STOPSIGNAL ENTRYPOINT CMD';
  expect(lines.map((line) => line.split(' ')[0]).join(' ')).toBe(keys);
  expect(lines).toEqual(
    expect.arrayContaining(['USER node', 'VOLUME /data', 'STOPSIGNAL SIGTERM', 'ENTRYPOINT ["jackfield"]']),
  );
});
