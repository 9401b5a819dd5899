import { JackfieldError, messageOf } from '../../base/errors.js';
import type { Clock } from '../../base/time/clock.js';
import { waitFor } from '../../base/wait.js';
import { codeOfStatus } from '../../base/web/http-status.js';
import type { MediaConnection } from '../media/media-connection.js';
import { hostOf, notConnected } from '../media/not-connected.js';
import { MAX_MESSAGE_BYTES, WebSocketConnection } from './web-socket-connection.js';

/** Options of an outgoing connection. */
export interface DialWebSocketOptions {
  readonly clock: Clock;
  readonly subprotocols: readonly string[];
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Certificates of the trusted authorities, as PEM. Default: those that Node trusts. */
  readonly ca?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Connects to a WebSocket server. @throws ERR_PEER, ERR_ABORTED; ERR_FORBIDDEN for 401 and 403. */
export async function dialWebSocket(url: string, options: DialWebSocketOptions): Promise<MediaConnection> {
  try {
    return await dial(url, options);
  } catch (error) {
    // Many receivers do not answer with a subprotocol, and the clients that they were written for accept that.
    const isUnnamed = /no subprotocol/i.test(messageOf(error));
    if (!isUnnamed || options.subprotocols.length === 0) throw error;
    return await dial(url, { ...options, subprotocols: [] });
  }
}

async function dial(url: string, options: DialWebSocketOptions): Promise<MediaConnection> {
  const { WebSocket } = await import('ws');
  const { clock, subprotocols, headers, ca, signal } = options;
  return await waitFor<MediaConnection>({
    what: `a connection to ${hostOf(url)}`,
    signal,
    begin: (resolve, reject) => {
      const socket = new WebSocket(url, [...subprotocols], {
        ...{ headers: { ...headers }, maxPayload: MAX_MESSAGE_BYTES, perMessageDeflate: false },
        ...(ca !== undefined && { ca }),
      });
      const onError = (cause: Error) => reject(notConnected(hostOf(url), cause));
      socket.on('error', onError);
      socket.once('unexpected-response', (_, { statusCode = 0 }) => reject(refused(url, statusCode)));
      // The connection is made here, so that it does not miss messages that the server sends at once.
      socket.once('upgrade', ({ socket: below }) => {
        const connection = new WebSocketConnection(socket, below, 'client', clock);
        socket.once('open', () => resolve(connection));
      });
      return () => {
        if (socket.readyState === WebSocket.OPEN) socket.off('error', onError);
        else socket.terminate();
      };
    },
  });
}

function refused(url: string, status: number): JackfieldError {
  return new JackfieldError(
    codeOfStatus(status),
    `${hostOf(url)} refused the WebSocket with status ${status}.`,
  );
}
