import { chmodSync, lstatSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { JackfieldError, messageOf } from '../base/errors.js';
import { LineReader } from '../base/line-reader.js';
import { printable } from '../base/printable.js';
import { listening, socketsOf, stopServing } from '../base/system/listening.js';

/** Most connections at a time. */
const MAX_CONNECTIONS = 100;

const TAKEN = 'Another process listens there, or the path is a file: choose another name. (EADDRINUSE)';

/** Options of an {@link OwnerSocket}. */
export interface OwnerSocketOptions {
  /** Says what cannot be done, in an error: `share at`. */
  readonly doing: string;
  /** Longest line, in bytes. A peer that sends a longer one is cut off. */
  readonly maxLineBytes: number;
  /** Lines of a connection that are read. With `one`, all that a peer sends counts as its line. */
  readonly lines: 'one' | 'many';
  /** False for a socket that does not keep the process alive. */
  readonly keepsAlive: boolean;
}

/** Serves lines of text on a Unix socket that its owner alone can connect to. */
export class OwnerSocket implements AsyncDisposable {
  readonly #options: OwnerSocketOptions;
  readonly #server: Server;
  readonly #peers: ReadonlySet<Socket>;
  #path: string | undefined;

  /** @param serve Called for each connection. Returns the receiver of its lines. */
  constructor(options: OwnerSocketOptions, serve: (peer: Socket) => (line: string) => void) {
    this.#options = options;
    this.#server = createServer((peer) => this.#take(peer, serve(peer)));
    this.#server.maxConnections = MAX_CONNECTIONS;
    this.#peers = socketsOf(this.#server);
    if (!options.keepsAlive) this.#server.unref();
  }

  /** Starts to listen. To be called once. @throws ERR_FILE */
  async listen(path: string): Promise<void> {
    await listenForOwner(this.#server, path, this.#options.doing);
    this.#path = path;
  }

  /** Cuts off all peers, stops listening and removes the socket. */
  async [Symbol.asyncDispose](): Promise<void> {
    await stopServing(this.#server, this.#peers);
    if (this.#path !== undefined) rmSync(this.#path, { force: true });
  }

  #take(peer: Socket, receive: (line: string) => void): void {
    const { maxLineBytes, lines } = this.#options;
    peer.on('error', () => undefined);
    let waiting = 0;
    peer.on('data', (bytes: Buffer) => {
      waiting = lines === 'many' && bytes.includes(10) ? 0 : waiting + bytes.length;
      if (waiting > maxLineBytes) peer.destroy();
    });
    new LineReader(peer)[lines === 'many' ? 'on' : 'once']('line', receive);
  }
}

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
