import { chmodSync, lstatSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { JackfieldError, messageOf } from '../base/errors.js';
import { LineReader } from '../base/line-reader.js';
import { printable } from '../base/printable.js';
import { listening, socketsOf, stopServing } from '../base/system/listening.js';
import { MAX_SOCKET_PATH, tooLongForSocket } from '../base/system/socket-path.js';
import type { CancelTimer, Clock } from '../base/time/clock.js';

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

/** Means to make the socket again when somebody removes it or its folder. */
export interface SocketCare {
  readonly clock: Clock;
  /** Makes the folder again. @throws what prevents it; it is tried again later. */
  readonly prepare: () => Promise<void>;
  /** Told once that the socket is gone, and once for each new reason why there is no other one yet. */
  readonly lost: (error: JackfieldError) => void;
}

/** Time between two looks whether the socket is still there, in ms. */
const LOOK_MS = 5000;

/** Serves lines of text on a Unix socket that its owner alone can connect to. */
export class OwnerSocket implements AsyncDisposable {
  readonly #options: OwnerSocketOptions;
  readonly #serve: (peer: Socket) => (line: string) => void;
  /** Connections of all servers, also of those whose socket is gone. */
  readonly #peers = new Set<Socket>();
  #server: Server;
  #path: string | undefined;
  /** The socket that was made, apart from its name; undefined once it is gone. */
  #made: string | undefined;
  /** Texts that were told since the socket was last there. */
  readonly #told = new Set<string>();
  #cancel: CancelTimer = () => undefined;
  #looking: Promise<void> = Promise.resolve();
  #isClosed = false;

  /** @param serve Called for each connection. Returns the receiver of its lines. */
  constructor(options: OwnerSocketOptions, serve: (peer: Socket) => (line: string) => void) {
    this.#options = options;
    this.#serve = serve;
    this.#server = this.#newServer();
  }

  /** Starts to listen. To be called once. @throws ERR_FILE; ERR_INVALID_ARG for a path that no socket can have. */
  async listen(path: string, care?: SocketCare): Promise<void> {
    await listenForOwner(this.#server, path, this.#options.doing);
    this.#path = path;
    this.#made = socketAt(path);
    if (care) this.#lookLater(path, care);
  }

  /** Cuts off all peers, stops listening and removes the socket. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#cancel();
    await this.#looking;
    await stopServing(this.#server, this.#peers);
    if (this.#path !== undefined) rmSync(this.#path, { force: true });
  }

  #newServer(): Server {
    const server = createServer((peer) => this.#take(peer, this.#serve(peer)));
    server.maxConnections = MAX_CONNECTIONS;
    socketsOf(server, this.#peers);
    if (!this.#options.keepsAlive) server.unref();
    return server;
  }

  #lookLater(path: string, care: SocketCare): void {
    if (this.#isClosed) return;
    this.#cancel = care.clock.timerAt(care.clock.now() + LOOK_MS, () => {
      this.#looking = this.#look(path, care).finally(() => this.#lookLater(path, care));
      return this.#looking;
    });
  }

  /** Listens again where the socket is gone. A socket or a file of somebody else stays. */
  async #look(path: string, care: SocketCare): Promise<void> {
    const there = socketAt(path);
    if (there !== undefined && there === this.#made) return;
    if (there !== undefined) return this.#tell(care, `Somebody else has put another file at ${path}.`);
    if (this.#made !== undefined)
      this.#tell(care, `Somebody has removed the socket ${path}: it is made again.`);
    this.#made = undefined;
    try {
      await care.prepare();
      // Closed first: the system removes what is at the path of a server that is closed.
      this.#server.close();
      this.#server = this.#newServer();
      await listenForOwner(this.#server, path, this.#options.doing);
      this.#made = socketAt(path);
      this.#told.clear();
    } catch (error) {
      this.#tell(care, messageOf(error));
    }
  }

  #tell(care: SocketCare, text: string): void {
    if (this.#told.has(text)) return;
    this.#told.add(text);
    care.lost(new JackfieldError('ERR_FILE', printable(text)));
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

/** Checks that a socket can have this path. @throws ERR_INVALID_ARG */
export function checkSocketPath(path: string): void {
  const length = tooLongForSocket(path);
  if (length === undefined) return;
  const most = `The path of a socket may have ${MAX_SOCKET_PATH} bytes. Choose a shorter one than`;
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

/** Identifies the file at a path, whatever its name; undefined when there is none. */
function socketAt(path: string): string | undefined {
  try {
    const { dev, ino } = lstatSync(path);
    return `${dev}:${ino}`;
  } catch {
    return undefined;
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
