import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/*
 * Uses internals of Node besides its public API. `net.connect()` has the option `onread`: the socket reads into one
 * buffer that its owner holds. Sockets that a server has accepted cannot have it; they allocate 64 KiB for each packet,
 * which takes a third of the processor time of a connection with a small packet each 20 ms. A socket keeps its `onread`
 * in two properties, and tells it to its handle; this file does that for a socket that exists. Where the properties are
 * not found, the socket is read by its event `data`.
 */

/** Largest read, in bytes. */
const READ_BYTES = 64 * 1024;

/** Buffer that all sockets of the thread read into, one after the other. */
let shared: Buffer | undefined;

/**
 * Reads a socket from now on. Call `resume` on it to begin.
 *
 * @param take takes the bytes, which are valid, and may be written to, during the call only.
 */
export function readInto(socket: Duplex, take: (bytes: Buffer) => void): void {
  // Bytes that came before are in the socket's own queue.
  socket.on('data', take);
  const parts = partsOf(socket);
  if (!parts) return;
  shared ??= Buffer.allocUnsafeSlow(READ_BYTES);
  const buffer = shared;
  const callback = (length: number): boolean => {
    take(buffer.subarray(0, length));
    return true;
  };
  Reflect.set(socket, parts.buffer, buffer);
  Reflect.set(socket, parts.callback, callback);
  parts.handle.useUserBuffer(buffer);
}

interface Parts {
  readonly handle: { useUserBuffer(buffer: Uint8Array): void };
  readonly buffer: symbol;
  readonly callback: symbol;
}

/** Finds the parts of a TCP socket that `onread` sets. */
function partsOf(socket: Duplex): Parts | undefined {
  if (!(socket instanceof Socket) || 'encrypted' in socket) return undefined;
  const symbols = Object.getOwnPropertySymbols(socket);
  const buffer = symbols.find(({ description }) => description === 'kBuffer');
  const callback = symbols.find(({ description }) => description === 'kBufferCb');
  const handle: unknown = Reflect.get(socket, '_handle');
  return buffer && callback && isHandle(handle) ? { handle, buffer, callback } : undefined;
}

function isHandle(handle: unknown): handle is Parts['handle'] {
  if (typeof handle !== 'object' || handle === null || !('useUserBuffer' in handle)) return false;
  return typeof handle.useUserBuffer === 'function';
}
