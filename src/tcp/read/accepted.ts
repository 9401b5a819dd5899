import { type OnReadOpts, type Server, Socket } from 'node:net';

/*
 * The one place that reaches behind the public API; where what it takes is not found, it is done without (a socket that
 * `net.Server` has accepted, and PublicReader).
 *
 * `net.Server` keeps its libuv handle in `_handle`, which calls its `onconnection` with the handle of each connection;
 * `net.Server` makes a socket of that. Here the handle is kept as it is: `fd` is the descriptor (none on Windows), and to
 * read that costs one system call, no registration with epoll, no wake-up, no stream machinery. A socket is made of it
 * when one is needed, with the option `handle` as `net.Server` does, and with `onread` (documented for `net.connect()`),
 * which accepted sockets cannot be given: they get 64 KiB allocated for each packet.
 */

/** One end of a connection. */
export interface End {
  readonly address: string;
  readonly port: number;
  /** `IPv4` or `IPv6`. */
  readonly family: string;
}

/** A connection that was accepted, half-open when its peer ends, and not read from. */
export interface Accepted {
  readonly remote: End;
  readonly local: End;
  /** The descriptor for direct reads, as long as the connection is open; undefined where it is not available. */
  readonly fd: number | undefined;
  /** The socket, paused: made by the first call, and the same from then on. The first call's `onread` is its buffer. */
  socket(onread?: OnReadOpts): Socket;
  /** Has the system ask a peer that is silent for `ms` whether it is still there, and break the connection if not. */
  keepAlive(ms: number): void;
  destroy(): void;
}

export interface AcceptEvents {
  accepted(connection: Accepted): void;
  /** After {@link AcceptEvents.accepted}: the connection is closed, for whatever reason. */
  closed(): void;
}

/**
 * Tells of the connections of a server that does not listen yet.
 * @param direct True for no socket before one is asked for, where the system allows it.
 */
export function acceptFrom(server: Server, direct: boolean, events: AcceptEvents): void {
  server.on('connection', (socket) => events.accepted(new AcceptedSocket(socket, events)));
  if (direct) server.once('listening', () => acceptHandles(Reflect.get(server, '_handle'), events));
}

function acceptHandles(listening: unknown, events: AcceptEvents): void {
  if (!isListening(listening)) return;
  const { onconnection } = listening;
  listening.onconnection = function (status, handle) {
    if (status === 0 && isReadable(handle)) events.accepted(new AcceptedHandle(handle, events));
    else onconnection.call(this, status, handle);
  };
}

/** A connection with a socket from the beginning. */
class AcceptedSocket implements Accepted {
  readonly fd = undefined;
  readonly remote: End;
  readonly local: End;
  readonly #socket: Socket;

  constructor(socket: Socket, events: AcceptEvents) {
    this.#socket = socket;
    const { remoteAddress, remotePort, remoteFamily, localAddress, localPort, localFamily } = socket;
    this.remote = end({ address: remoteAddress, port: remotePort, family: remoteFamily });
    this.local = end({ address: localAddress, port: localPort, family: localFamily });
    socket.on('error', () => {});
    socket.once('close', () => events.closed());
  }

  socket(): Socket {
    return this.#socket;
  }

  keepAlive(ms: number): void {
    this.#socket.setKeepAlive(true, ms);
  }

  destroy(): void {
    this.#socket.destroy();
  }
}

/** A connection that has no socket until one is asked for. */
class AcceptedHandle implements Accepted {
  readonly remote: End;
  readonly local: End;
  readonly #handle: ReadableHandle;
  readonly #fd: number;
  readonly #events: AcceptEvents;
  #socket: Socket | undefined;
  #closed = false;

  constructor(handle: ReadableHandle, events: AcceptEvents) {
    this.#handle = handle;
    this.#fd = handle.fd;
    this.#events = events;
    const remote = {};
    const local = {};
    handle.getpeername(remote);
    handle.getsockname(local);
    this.remote = end(remote);
    this.local = end(local);
  }

  get fd(): number | undefined {
    return this.#closed || this.#socket?.destroyed ? undefined : this.#fd;
  }

  socket(onread?: OnReadOpts): Socket {
    if (this.#socket) return this.#socket;
    const options = {
      handle: this.#handle,
      allowHalfOpen: true,
      pauseOnCreate: true,
      ...(onread && { onread }),
    };
    this.#socket = new Socket(options);
    this.#socket.on('error', () => {});
    this.#socket.once('close', () => this.#events.closed());
    return this.#socket;
  }

  keepAlive(ms: number): void {
    // Whole seconds, as libuv has them. A connection that broke meanwhile is told of when it is read.
    if (!this.#closed) this.#handle.setKeepAlive(true, Math.max(1, Math.round(ms / 1000)));
  }

  destroy(): void {
    if (this.#socket) {
      this.#socket.destroy();
      return;
    }
    if (this.#closed) return;
    this.#closed = true;
    this.#handle.close(() => this.#events.closed());
  }
}

/** The handle of a connection, as far as it is used. */
interface ReadableHandle {
  readonly fd: number;
  getpeername(end: Partial<End>): number;
  getsockname(end: Partial<End>): number;
  setKeepAlive(on: boolean, seconds: number): number;
  close(onClosed: () => void): void;
}

interface ListeningHandle {
  onconnection: (this: unknown, status: number, handle: unknown) => void;
}

function isListening(handle: unknown): handle is ListeningHandle {
  if (typeof handle !== 'object' || handle === null) return false;
  return 'onconnection' in handle && typeof handle.onconnection === 'function';
}

function isReadable(handle: unknown): handle is ReadableHandle {
  if (process.platform === 'win32' || typeof handle !== 'object' || handle === null) return false;
  if (!('fd' in handle && 'getpeername' in handle && 'getsockname' in handle && 'close' in handle))
    return false;
  if (!('setKeepAlive' in handle)) return false;
  const { fd, getpeername, getsockname, setKeepAlive, close } = handle;
  if (typeof fd !== 'number' || fd < 0) return false;
  return [getpeername, getsockname, setKeepAlive, close].every((method) => typeof method === 'function');
}

/** One end of a connection; a peer that is gone already leaves it empty. Mapped IPv4 addresses are given as IPv4. */
function end({ address = '', port = 0, family = '' }: Partial<Record<keyof End, unknown>>): End {
  const text = String(address);
  return {
    address: text.startsWith('::ffff:') ? text.slice(7) : text,
    port: Number(port),
    family: String(family),
  };
}
