import type { Socket } from 'node:net';

/*
 * The one place that reaches behind the public API; what is not found here is done without (PublicReader).
 *
 * `net.Socket` keeps its libuv handle in `_handle`: `fd` is the descriptor (-1 once closed; none on Windows), and the
 * property is null once the socket is destroyed. Reading the descriptor itself costs one system call: no registration
 * with epoll, no wake-up, no stream machinery.
 *
 * Sockets that a program makes can be given a buffer to read into (`onread`, documented for `net.connect()`); those
 * that a server accepts cannot, and get 64 KiB allocated for each packet. What the option does (lib/net.js since
 * Node 12: two properties that are symbols, and `useUserBuffer()` of the handle) is done here to accepted ones.
 */
interface Handle {
  readonly fd: number;
  useUserBuffer(buffer: Uint8Array): void;
}

/** A socket, as far as it is looked behind at each read. */
interface HandleOwner {
  readonly _handle: unknown;
}

/** The private parts of one socket. */
export class SocketHandle {
  readonly #socket: HandleOwner;
  readonly #handle: Handle;
  readonly #fd: number;

  private constructor(socket: HandleOwner, handle: Handle) {
    this.#socket = socket;
    this.#handle = handle;
    this.#fd = handle.fd;
  }

  /**
   * Has `socket` read into `buffer`, which may be shared: `onRead` is called with the number of bytes in it, before
   * anything else is read; false stops reading. Nothing when this Node, or this system, does not have what it takes.
   */
  static of(
    socket: Socket,
    buffer: Uint8Array,
    onRead: (length: number) => boolean,
  ): SocketHandle | undefined {
    if (!ownsHandle(socket)) return undefined;
    const handle = socket._handle;
    const [kBuffer, kBufferCb] = ['kBuffer', 'kBufferCb'].map((name) => symbolOf(socket, name));
    if (process.platform === 'win32' || !isHandle(handle) || !kBuffer || !kBufferCb) return undefined;
    Reflect.set(socket, kBuffer, buffer);
    Reflect.set(socket, kBufferCb, onRead);
    handle.useUserBuffer(buffer);
    return new SocketHandle(socket, handle);
  }

  /** The descriptor, as long as it is this socket's. */
  get fd(): number | undefined {
    return this.#socket._handle === this.#handle ? this.#fd : undefined;
  }
}

function ownsHandle(socket: Socket): socket is Socket & HandleOwner {
  return '_handle' in socket;
}

function isHandle(handle: unknown): handle is Handle {
  if (typeof handle !== 'object' || handle === null) return false;
  if (!('fd' in handle && 'useUserBuffer' in handle)) return false;
  return typeof handle.fd === 'number' && handle.fd >= 0 && typeof handle.useUserBuffer === 'function';
}

/** Symbols of `net.Socket` by their names; the same for all sockets. */
const symbols = new Map<string, symbol | undefined>();

function symbolOf(socket: Socket, name: string): symbol | undefined {
  if (!symbols.has(name)) {
    symbols.set(
      name,
      Object.getOwnPropertySymbols(socket).find(({ description }) => description === name),
    );
  }
  return symbols.get(name);
}
