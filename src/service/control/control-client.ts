import type { Socket } from 'node:net';
import { path as aPath, checkArgument, object } from '../../base/check.js';
import { JackfieldError, messageOf } from '../../base/errors.js';
import { linesOf } from '../../base/line-reader.js';
import { printable } from '../../base/printable.js';
import type { ToldError } from '../../base/request-error.js';
import { connectToOwner } from '../../files/owner-socket.js';
import type { FeedEvent } from '../feed/feed-event.js';
import type { ControlRequest } from './control-protocol.js';

interface Answer {
  readonly ok?: boolean;
  readonly result?: unknown;
  readonly error?: ToldError;
  readonly event?: FeedEvent;
}

/**
 * Sends a request to a service over its control socket.
 * @throws ERR_CLOSED when no service runs there; ERR_INVALID_STATE, with its message, when it refuses.
 */
export async function askService(socket: string, request: ControlRequest): Promise<unknown> {
  for await (const { ok, result, error } of answers(socket, request)) {
    if (ok) return result;
    const { message = 'The service refused the command.', expected = '' } = error ?? {};
    throw new JackfieldError('ERR_INVALID_STATE', `${message}${expected && ` Expected ${expected}`}`);
  }
  throw new JackfieldError('ERR_CLOSED', 'The service ended before it answered.');
}

/** Yields the events of a service until it ends. @throws as {@link askService}. */
export async function* tailService(socket: string): AsyncGenerator<FeedEvent, void, void> {
  for await (const { event } of answers(socket, { do: 'tail' })) if (event) yield event;
}

async function* answers(path: string, request: ControlRequest): AsyncGenerator<Answer, void, void> {
  checkArgument('request', request, object);
  const socket = await connected(path);
  try {
    socket.write(`${JSON.stringify(request)}\n`);
    for await (const line of untilCut(linesOf(socket))) yield JSON.parse(line) as Answer;
  } finally {
    socket.destroy();
  }
}

/** Ends where the service is killed. */
async function* untilCut(lines: AsyncIterable<string>): AsyncGenerator<string, void, void> {
  try {
    yield* lines;
  } catch {
    return;
  }
}

async function connected(path: string): Promise<Socket> {
  checkArgument('socket', path, aPath);
  const socket = connectToOwner(path);
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
  } catch (cause) {
    throw new JackfieldError('ERR_CLOSED', printable(`No service runs at ${path}: ${messageOf(cause)}`), {
      cause,
    });
  }
  // A killed service only ends the reading.
  socket.on('error', () => undefined);
  return socket;
}
