import { once } from 'node:events';
import { connect, type Socket, type TcpSocketConnectOpts } from 'node:net';
import { BYTES_PER_SAMPLE, msToSamples } from '../../base/pcm.js';

const DIAL_TIMEOUT_MS = 2000;
const FLUSH_TIMEOUT_MS = 2000;

/** Options of redirected ports. */
export interface PortOptions {
  /**
   * Time, in real milliseconds, that a tick waits for a peer before it goes on without it. 0 in real time, where a late
   * peer means silence; on a virtual clock time stands still while a tick waits.
   */
  readonly patienceMs: number;
  /** Length of the pieces that an output is written in, in milliseconds: 10 (as Skype did) or 20. */
  readonly pieceMs: 10 | 20;
}

/** Bytes of the call's voice in `ms` milliseconds. */
export const voiceBytes = (ms: number): number => msToSamples(ms) * BYTES_PER_SAMPLE;

/**
 * Dials the PCM server that listens on `port` of this machine. Rejects with the socket's error, or when nobody
 * answers in two seconds.
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
 * Flushes, ends, and waits for the peer's end; a peer that does not end is cut off.
 *
 * @returns bytes that the peer was to get and did not read in time.
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
