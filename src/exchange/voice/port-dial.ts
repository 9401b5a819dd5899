import { once } from 'node:events';
import { connect, type Socket, type TcpSocketConnectOpts } from 'node:net';
import { BYTES_PER_SAMPLE, msToSamples } from '../../base/pcm.js';

const DIAL_TIMEOUT_MS = 2000;
const FLUSH_TIMEOUT_MS = 2000;

/** Options of redirected ports. */
export interface PortOptions {
  /**
   * Real milliseconds that a tick waits for a peer. After that it goes on without the peer. In real time it is 0: a
   * late peer is replaced by silence. A virtual clock stands still while a tick waits.
   */
  readonly patienceMs: number;
  /** Length of the pieces in which an output is written, in milliseconds: 10 (as Skype did) or 20. */
  readonly pieceMs: 10 | 20;
}

/** Number of bytes of `ms` milliseconds of a call's voice. */
export const voiceBytes = (ms: number): number => msToSamples(ms) * BYTES_PER_SAMPLE;

/**
 * Connects to the PCM server on `port` of this machine. Rejects with the socket's error, or when nothing answers within
 * two seconds.
 */
export async function dialPort(
  port: number,
  options: Pick<TcpSocketConnectOpts, 'onread'> = {},
): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true, ...options });
  const timer = setTimeout(
    () => socket.destroy(new Error(`no answer in ${DIAL_TIMEOUT_MS} ms`)),
    DIAL_TIMEOUT_MS,
  );
  try {
    await once(socket, 'connect');
    return socket;
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Flushes and ends a socket, and waits for the peer's end. A peer that does not end is disconnected.
 *
 * @returns bytes that the peer did not read in time.
 */
export async function endSocket(socket: Socket): Promise<number> {
  if (socket.destroyed) return 0;
  let unsent = 0;
  const closed = once(socket, 'close').catch(() => undefined);
  const timer = setTimeout(() => {
    unsent = socket.writableLength;
    socket.destroy();
  }, FLUSH_TIMEOUT_MS);
  socket.end();
  await closed;
  clearTimeout(timer);
  return unsent;
}
