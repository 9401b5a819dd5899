import type { Server, Socket } from 'node:net';
import { deferred } from '../deferred.js';
import { JackfieldError, messageOf } from '../errors.js';

/**
 * Makes a server listen. A later error of the server concerns one connection that the system could not accept. The
 * server and the process go on.
 *
 * @param listen Calls `server.listen`, with the callback that it is given.
 * @throws what the system answers.
 */
export async function listening(server: Server, listen: (done: () => void) => unknown): Promise<void> {
  const { promise, resolve, reject } = deferred<void>();
  server.on('error', reject);
  listen(resolve);
  await promise;
}

/** Makes a server listen on a port, like {@link listening}. @throws ERR_PORT */
export async function listenAt(server: Server, port: number, host: string): Promise<void> {
  await listening(server, (done) => server.listen(port, host, done)).catch((cause: unknown) => {
    const text = `Cannot listen on ${host}:${port}: ${messageOf(cause)}`;
    throw new JackfieldError('ERR_PORT', text, { cause });
  });
}

/**
 * Makes a live set of a server's connections, including those whose TLS has not begun. To be called before the server
 * listens.
 *
 * @param sockets Set that they are added to. Default: a new one.
 */
export function socketsOf(server: Server, sockets = new Set<Socket>()): ReadonlySet<Socket> {
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return sockets;
}

/** Cuts off the connections of a server, a set of {@link socketsOf}. Resolves when it no longer listens. */
export async function stopServing(server: Server, sockets: Iterable<Socket>): Promise<void> {
  for (const socket of sockets) socket.destroy();
  await new Promise<void>((resolve) => server.close(() => resolve()));
}

/** Makes a server that has keys. @throws ERR_INVALID_ARG for a value that is not a key or certificate. */
export function withKeys<S extends Server>(make: () => S): S {
  try {
    return make();
  } catch (cause) {
    const text = `tls must be a key and its certificate as PEM: ${messageOf(cause)}`;
    throw new JackfieldError('ERR_INVALID_ARG', text, { cause });
  }
}
