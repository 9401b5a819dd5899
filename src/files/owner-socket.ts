import { chmodSync, lstatSync, rmSync } from 'node:fs';
import { connect, type Server } from 'node:net';
import { JackfieldError, messageOf } from '../base/errors.js';
import { printable } from '../base/printable.js';
import { listening } from '../base/system/listening.js';

const TAKEN = 'Another process listens there, or the path is a file: choose another name. (EADDRINUSE)';

/**
 * Has a server listen on a Unix socket that its owner alone can connect to, from its first moment on. The socket that a
 * killed process has left is replaced; a file of that name, or a socket at which somebody listens, is not.
 *
 * @param doing Says what cannot be done, in an error: `share at`.
 * @throws ERR_FILE
 */
export async function listenForOwner(server: Server, path: string, doing: string): Promise<void> {
  if (isSocket(path) && !(await answers(path))) rmSync(path, { force: true });
  const before = process.umask(0o177);
  try {
    await listening(server, (done) => {
      server.listen(path, done);
      process.umask(before);
    });
    chmodSync(path, 0o600);
  } catch (cause) {
    const isTaken = cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE';
    const why = isTaken ? TAKEN : printable(messageOf(cause));
    const message = `Cannot ${doing} ${printable(path)}: ${why}`;
    throw new JackfieldError('ERR_FILE', message, { cause });
  } finally {
    process.umask(before);
  }
}

function isSocket(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSocket() ?? false;
}

/** True where a process listens, or may do so. */
async function answers(path: string): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    // With any other error, such as a full queue or missing rights, the socket may be in use.
    socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code !== 'ECONNREFUSED'));
  });
}
