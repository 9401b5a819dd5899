// A TCP port of one user's machine, reached from another's through the API: `npm run example -- application-tunnel`.
import { createHash, randomFillSync } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { attach, Exchange, MemoryTransport } from 'jackfield';
import type { Application } from 'jackfield/control';

/** Serves what comes in on the streams of an application from a TCP port. */
export function serveTunnel(application: Application, port: number): void {
  application.on('stream', (stream) => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    const duplex = stream.duplex();
    Promise.all([pipeline(duplex, socket), pipeline(socket, duplex)]).catch(() => {
      socket.destroy();
      duplex.destroy();
    });
  });
}

/** Opens a TCP port whose connections come out at the tunnel of `handle`. */
export async function openTunnel(application: Application, handle: string): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, async (socket) => {
    const [stream] = await application.connect(handle);
    if (!stream) {
      socket.destroy();
      return;
    }
    const duplex = stream.duplex();
    await Promise.all([pipeline(duplex, socket), pipeline(socket, duplex)]).catch(() => {
      socket.destroy();
      duplex.destroy();
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return server;
}

/** Sends bytes through a tunnel to a server that sends them back. Resolves when all have come back. */
export async function run({
  bytes = 4_000_000,
}: {
  bytes?: number;
} = {}): Promise<{ readonly sent: string; readonly received: string; readonly seconds: number }> {
  await using exchange = await Exchange.start({ users: [{ handle: 'alice' }, { handle: 'bob' }] });
  await using alice = await attach(new MemoryTransport(exchange.endpoint('alice')));
  await using bob = await attach(new MemoryTransport(exchange.endpoint('bob')));
  const mirror = createServer({ allowHalfOpen: true }, (socket) => void socket.pipe(socket));
  await once(mirror.listen(0, '127.0.0.1'), 'listening');
  serveTunnel(await bob.application('tunnel'), (mirror.address() as AddressInfo).port);
  const entry = await openTunnel(await alice.application('tunnel'), 'bob');
  try {
    const begun = performance.now();
    const socket = connect({
      port: (entry.address() as AddressInfo).port,
      host: '127.0.0.1',
      allowHalfOpen: true,
    });
    const [sent, received] = [createHash('sha256'), createHash('sha256')];
    await Promise.all([
      pipeline(someBytes(bytes, sent), socket),
      (async () => {
        for await (const chunk of socket.iterator({ destroyOnReturn: false })) received.update(chunk);
      })(),
    ]);
    const seconds = (performance.now() - begun) / 1000;
    return { sent: sent.digest('hex'), received: received.digest('hex'), seconds };
  } finally {
    for (const server of [entry, mirror]) server.close();
  }
}

function* someBytes(count: number, hash: ReturnType<typeof createHash>): Generator<Buffer> {
  for (let left = count; left > 0; left -= 65_536) {
    const chunk = randomFillSync(Buffer.allocUnsafe(Math.min(65_536, left)));
    hash.update(chunk);
    yield chunk;
  }
}
