import { chmodSync, lstatSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { JackfieldError, messageOf } from '../base/errors.js';
import { LineReader } from '../base/line-reader.js';
import { printable } from '../base/printable.js';
import { listening, socketsOf, stopServing } from '../base/system/listening.js';

/** Most connections at a time. */
const MAX_CONNECTIONS = 100;

/** Longest path of a Unix socket, in bytes: `sun_path` without the NUL at its end. */
const MAX_PATH = process.platform === 'darwin' ? 103 : 107;

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

  /** Starts to listen. To be called once. @throws ERR_FILE; ERR_INVALID_ARG for a path that no socket can have. */
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
 * Checks that a socket can have this path. Where it is too long for the system, Node listens at, and connects with, the
 * path that its first bytes are.
 *
 * @throws ERR_INVALID_ARG
 */
export function checkSocketPath(path: string): void {
  const length = Buffer.byteLength(path);
  if (process.platform === 'win32' || length <= MAX_PATH) return;
  const most = `The path of a socket may have ${MAX_PATH} bytes. Choose a shorter one than`;
  throw new JackfieldError('ERR_INVALID_ARG', `${most} ${printable(path)} (${length}).`);
}

/** Connects with the socket of an owner. @throws ERR_INVALID_ARG for a path that no socket can have. */
export function connectToOwner(path: string): Socket {
  checkSocketPath(path);
  return connect(path);
}

/**
 * Has a server listen on a Unix socket that its owner alone can connect to, from its first moment on. The socket that a
 * killed process has left is replaced; a file of that name, or a socket at which somebody listens, is not.
 *
 * @param doing Says what cannot be done, in an error: `share at`.
 * @throws ERR_FILE; ERR_INVALID_ARG for a path that no socket can have.
 */
export async function listenForOwner(server: Server, path: string, doing: string): Promise<void> {
  checkSocketPath(path);
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
