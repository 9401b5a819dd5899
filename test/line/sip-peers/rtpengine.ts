import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../../turns.js';

/** Path of rtpengine (Debian: rtpengine-daemon); nothing where it is not installed. */
export const RTPENGINE = ['/usr/bin/rtpengine', 'rtpengine'].find(
  (each) => !spawnSync(each, ['--version']).error,
);

export interface RtpengineOptions {
  /** Command that runs another one in the network where it runs, with its arguments. */
  readonly within: readonly string[];
  /** Address of the voice. */
  readonly host: string;
  /** Port on the loopback of its network at which it is told what to relay. */
  readonly port: number;
}

/** A relay of voice: rtpengine in a process of its own, without its kernel module. */
export async function startRtpengine({ within, host, port }: RtpengineOptions): Promise<AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), 'jackfield-rtpengine-'));
  const pidFile = join(folder, 'pid');
  const [command = '', ...args] = [
    ...within,
    RTPENGINE ?? '',
    ...['--table=-1', '--foreground', '--log-stderr', '--log-level=4', '--num-threads=2'],
    ...[`--interface=${host}`, `--listen-ng=127.0.0.1:${port}`, '--port-min=30000', '--port-max=30999'],
    `--pidfile=${pidFile}`,
  ];
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const closed = once(child, 'close');
  let log = '';
  child.stderr.on('data', (bytes: Buffer) => {
    log += bytes.toString();
  });
  await until(() => existsSync(pidFile) || child.exitCode !== null);
  if (child.exitCode !== null) throw new Error(`rtpengine has ended:\n${log}`);
  return {
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await closed;
      await rm(folder, { recursive: true });
    },
  };
}
