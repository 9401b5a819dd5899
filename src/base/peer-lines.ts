import type { Socket } from 'node:net';
import { createInterface, type Interface } from 'node:readline';

/**
 * Cuts what comes from a socket into lines. A socket that breaks tells so by itself, as `close`: an interface
 * of `node:readline` throws it once more, where nobody catches it.
 */
export function peerLines(socket: Socket): Interface {
  const lines = createInterface({ input: socket });
  lines.on('error', () => undefined);
  return lines;
}
