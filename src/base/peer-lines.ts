import type { Socket } from 'node:net';
import { createInterface, type Interface } from 'node:readline';

/**
 * Cuts the text from a socket into lines. A broken socket emits its own error and `close`. The interface of
 * `node:readline` would throw the error once more, where nobody catches it.
 */
export function peerLines(socket: Socket): Interface {
  const lines = createInterface({ input: socket });
  lines.on('error', () => undefined);
  return lines;
}
