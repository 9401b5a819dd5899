import type { WireMessage } from '../dialect/media-event.js';

/** Most bytes that wait for a peer that does not read. Beyond it the connection is closed. */
export const MAX_BUFFERED_BYTES = 8 * 1024 * 1024;
/** Most messages of a connection that wait until somebody listens. Beyond it the connection is closed. */
export const MAX_UNHEARD_MESSAGES = 100;

/** Owner of a connection. */
export interface ConnectionListener {
  message(message: WireMessage): void;
  /** Less data waits to be sent than before. Without it, writing costs less. */
  drained?(): void;
  /** The connection has ended; `error` is set when it broke. Called once. */
  closed(error?: Error): void;
}

/** Connection that carries the messages of one session: a WebSocket, a TCP connection, or a pair in memory. */
export interface MediaConnection {
  /** Bytes that the other end has not taken yet. */
  readonly bufferedBytes: number;
  /** Milliseconds since the oldest {@link probe} that is not answered yet; 0 when there is none. */
  readonly lagMs: number;
  /** Milliseconds since the message that is being delivered came. Default: 0. */
  readonly ageMs?: number;
  /**
   * Asks the other end to confirm that it has read everything so far. Does nothing where that is impossible, or just
   * after another probe.
   */
  probe(): void;
  /** Begins to deliver messages, beginning with those that came before. Called once. */
  listen(listener: ConnectionListener): void;
  /**
   * Sends a message. Its memory belongs to the connection from then on. Does nothing after the end of the connection.
   */
  send(message: WireMessage): void;
  /** Ends the connection after everything has been sent. */
  close(): void;
  /** Ends the connection at once. */
  abort(): void;
}
