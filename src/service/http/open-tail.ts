import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Writable } from 'node:stream';
import { JackfieldError } from '../../base/errors.js';
import { printable } from '../../base/printable.js';
import { HttpRefusal } from '../../http/http-refusal.js';
import type { FeedEvent } from '../feed/feed-event.js';

/** A client that follows the events: the stream to it, and the form of an event. */
export interface Tail {
  readonly stream: Writable;
  readonly format: (event: FeedEvent) => string;
}

/** Longest message of a client, in bytes. Nothing is expected of it. */
const MAX_MESSAGE_BYTES = 4096;

/** Begins a response of JSON lines, or of server-sent events if the client accepts them. */
export function openTail({ headers }: IncomingMessage, response: ServerResponse): Tail {
  const isSse = headers.accept?.includes('text/event-stream') ?? false;
  const type = isSse ? 'text/event-stream' : 'application/x-ndjson';
  response.writeHead(200, { 'content-type': type, 'cache-control': 'no-store' }).flushHeaders();
  return {
    stream: response,
    format: (event) => {
      const json = jsonOf(event);
      return isSse ? `event: ${event.type}\ndata: ${json}\n\n` : `${json}\n`;
    },
  };
}

/**
 * Takes the socket out of a response for a WebSocket of one text message per event. What the client sends is ignored.
 *
 * @param head First bytes after the request.
 * @throws HttpRefusal 400 for a handshake that is not valid (RFC 6455, section 4.2.1).
 */
export async function openSocketTail(
  request: IncomingMessage,
  response: ServerResponse,
  head: Buffer,
): Promise<Tail> {
  const { createWebSocketStream, WebSocketServer } = await import('ws');
  const server = new WebSocketServer({
    ...{ noServer: true, clientTracking: false },
    ...{ maxPayload: MAX_MESSAGE_BYTES, perMessageDeflate: false },
  });
  const { socket } = request;
  return await new Promise<Tail>((resolve, reject) => {
    // The handshake is not answered where the client has gone meanwhile.
    const gone = () => reject(new JackfieldError('ERR_CLOSED', 'The client has gone.'));
    socket.once('close', gone);
    if (socket.destroyed) gone();
    server.once('wsClientError', ({ message }) =>
      reject(new HttpRefusal(400, 'ERR_SYNTAX', `${message}.`, 'the handshake of a WebSocket, version 13')),
    );
    server.handleUpgrade(request, socket, head, (webSocket) => {
      response.detachSocket(socket);
      const stream = createWebSocketStream(webSocket, { decodeStrings: false });
      // An error ends the connection, and with it the stream.
      stream.on('error', () => undefined);
      webSocket.once('close', () => stream.destroy());
      stream.resume();
      resolve({ stream, format: jsonOf });
    });
  });
}

function jsonOf(event: FeedEvent): string {
  return printable(JSON.stringify(event));
}
