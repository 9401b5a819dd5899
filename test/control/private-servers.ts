import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** Whether this machine has a bus daemon to run; Debian's package is `dbus`. */
export const hasDbusDaemon = spawnSync('dbus-daemon', ['--version']).status === 0;
/** Whether this machine has an X server without a screen; Debian's package is `xvfb`. */
export const hasXvfb = spawnSync('Xvfb', ['-help']).error === undefined;

/** A server of the desktop, of a test's own. */
export interface PrivateServer extends AsyncDisposable {
  /** Where it is: the bus's address, or the display. */
  readonly address: string;
  /** Holds the server up (`SIGSTOP`), or ends it at once (`SIGKILL`). */
  kill(signal: 'SIGSTOP' | 'SIGKILL'): void;
}

/** A message bus of the test's own. */
export function startBus(): Promise<PrivateServer> {
  const child = spawn('dbus-daemon', ['--session', '--nofork', '--print-address=1'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return firstLine(child, (line) => line);
}

/** An X server of the test's own. */
export function startDisplay(): Promise<PrivateServer> {
  const child = spawn(
    'Xvfb',
    ['-displayfd', '1', '-screen', '0', '16x16x8', '-nolisten', 'tcp', '-noreset'],
    {
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
  return firstLine(child, (line) => `:${line}`);
}

async function firstLine(child: ChildProcess, addressOf: (line: string) => string): Promise<PrivateServer> {
  if (!child.stdout) throw new Error('the server has no output');
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return {
    address: addressOf(line),
    kill: (signal) => void child.kill(signal),
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill();
      child.kill('SIGCONT');
      await exited;
    },
  };
}
