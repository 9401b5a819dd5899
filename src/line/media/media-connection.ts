import type { WireMessage } from '../dialect/media-event.js';

/** Owner of a connection. */
export interface ConnectionListener {
  message(message: WireMessage): void;
  /** Less waits to be sent than before. */
  drained(): void;
  /** It is over; `error` is set when it broke. Comes once. */
  closed(error?: Error): void;
}

/** A connection that carries the messages of one session: a WebSocket, a TCP connection, or a pair in memory. */
export interface MediaConnection {
  /** Bytes that the other end has not taken yet. */
  readonly bufferedBytes: number;
  /** Milliseconds for which the other end has owed an answer to the oldest {@link probe}; 0 when it owes none. */
  readonly lagMs: number;
  /** Asks the other end to say that it has read all that was sent, where that can be asked and was not asked just now. */
  probe(): void;
  /** Begins to deliver, what came before first. Called once. */
  listen(listener: ConnectionListener): void;
  /** Sends a message, whose memory is the connection's from then on. Does nothing when the connection is over. */
  send(message: WireMessage): void;
  /** Ends it when what was sent has left. */
  close(): void;
  /** Ends it at once. */
  abort(): void;
}
