import { type OnReadOpts, type Server, Socket } from 'node:net';

/*
 * The one file that uses internals of Node besides its public API. Where they are not found, the server works without
 * them: with a socket that `net.Server` has accepted, and with PublicReader.
 *
 * `net.Server` keeps its libuv handle in `_handle`. That calls its `onconnection` with the handle of each connection,
 * from which `net.Server` makes a socket. This file keeps the handle as it is: `fd` is the descriptor (none on
 * Windows). Reading a descriptor costs one system call: no registration with epoll, no wake-up, no stream machinery. A
 * socket is made when one is needed, with the option `handle` as `net.Server` does, and with `onread` (documented for
 * `net.connect()`). Sockets that `net.Server` accepts cannot have `onread`: they allocate 64 KiB for each packet.
 */

/** One end of a connection. */
export interface End {
  readonly address: string;
  readonly port: number;
  /** `IPv4` or `IPv6`. */
  readonly family: string;
}

/** An accepted connection that is not being read. It stays half-open when its peer ends. */
export interface Accepted {
  readonly remote: End;
  readonly local: End;
  /** Descriptor for direct reads, valid while the connection is open; undefined where it is not available. */
  readonly fd: number | undefined;
  /**
   * Returns the paused socket. The first call makes it, with its `onread` as the buffer; later calls return the same
   * socket.
   */
  socket(onread?: OnReadOpts): Socket;
  /** Has the system probe a peer that is silent for `ms`, and break the connection when the peer does not answer. */
  keepAlive(ms: number): void;
  destroy(): void;
}

export interface AcceptEvents {
  accepted(connection: Accepted): void;
  /** Called after {@link AcceptEvents.accepted} when the connection is closed, for any reason. */
  closed(): void;
}

/**
 * Reports the connections of a server. To be called before the server listens.
 * @param direct True to make a socket only when one is asked for, where the system allows it.
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
    // libuv takes whole seconds. A connection that broke meanwhile is reported when it is read.
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

/** The members of a connection's handle that are used here. */
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

/**
 * One end of a connection; empty when the peer is already gone. IPv4 addresses that are mapped to IPv6 are returned as
 * IPv4.
 */
function end({ address = '', port = 0, family = '' }: Partial<Record<keyof End, unknown>>): End {
  const text = String(address);
  return {
    address: text.startsWith('::ffff:') ? text.slice(7) : text,
    port: Number(port),
    family: String(family),
  };
}
