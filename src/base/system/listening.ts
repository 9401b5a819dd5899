import type { Server, Socket } from 'node:net';
import { deferred } from '../deferred.js';
import { JackfieldError, messageOf } from '../errors.js';

/**
 * Has a server listen. An error that it tells later is of one connection that the system could not give it: the server goes
 * on, and so does the process.
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

/** Has a server listen at a port, as {@link listening}. @throws ERR_PORT */
export async function listenAt(server: Server, port: number, host: string): Promise<void> {
  await listening(server, (done) => server.listen(port, host, done)).catch((cause: unknown) => {
    const text = `Cannot listen on ${host}:${port}: ${messageOf(cause)}`;
    throw new JackfieldError('ERR_PORT', text, { cause });
  });
}

/** The connections of a server as they come and go, those whose TLS has not begun among them. Made before it listens. */
export function socketsOf(server: Server): ReadonlySet<Socket> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return sockets;
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
