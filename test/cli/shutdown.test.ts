import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';

const MAIN = 'dist/cli/main.js';

/** An exchange that listens, and its port. */
async function served(): Promise<{ child: ChildProcess; port: number }> {
  const child = spawn(process.execPath, [MAIN, 'exchange', '--tcp', '0', '--json'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const { event, port } = JSON.parse(line) as { event: string; port: number };
    if (event === 'listening') return { child, port };
  }
  throw new Error('the exchange ended');
}

/** A client that neither reads nor ends. */
async function deaf(port: number): Promise<{ destroy(): void }> {
  const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.pause();
  socket.write(`PROTOCOL 8\nCALL echo123\n${'GET PROFILE ABOUT\n'.repeat(1000)}`);
  return socket;
}

describe.each(['SIGTERM', 'SIGINT'] as const)('%s', (signal) => {
  it('ends an exchange whose clients neither read nor close', async () => {
    const { child, port } = await served();
    const client = await deaf(port);
    child.kill(signal);
    await once(child, 'exit', { signal: AbortSignal.timeout(30_000) });
    client.destroy();
  });

  it('ends it at once when sent a second time', async () => {
    const { child, port } = await served();
    const client = await deaf(port);
    const exited = once(child, 'exit', { signal: AbortSignal.timeout(30_000) });
    // timer: it does not say when it has heard the first; two that come at once are one to the system.
    const again = setInterval(() => child.kill(signal), 20);
    const [code] = await exited;
    clearInterval(again);
    client.destroy();
    // A machine that is slow to deliver the second may have ended in good order before it.
    expect([0, 128 + (signal === 'SIGINT' ? 2 : 15)]).toContain(code);
  });
});
