import type { ListenerSpec } from '../media/open-listener.js';
import type { MessageBatch } from './message-batch.js';

/** Setup of a thread that holds connections. */
export interface MediaThreadSetup {
  /**
   * Counters that both threads see, as int32: at {@link UNREAD} the bytes of batches that the other thread has not read
   * yet, and at the number of each connection the bytes of its messages that have left this process.
   */
  readonly counters: SharedArrayBuffer;
}

/** Index of the counter of unread bytes. Connections have numbers from 1 on. */
export const UNREAD = 0;

/** Operations of a thread that holds connections. */
export type MediaThreadOperations = {
  /** Begins to listen. Returns the port. */
  open(params: ListenerSpec): number;
  /** Takes what is to be sent. */
  send(params: MessageBatch): void;
  /** Ends all connections and stops listening, after everything before was sent. */
  close(params: undefined): void;
};

/** Operations of the thread that has the sessions. */
export type MediaOperations = {
  arrived(params: MessageBatch): void;
};
