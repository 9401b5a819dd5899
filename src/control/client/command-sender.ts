import { having } from '../../base/check.js';
import type { CommandMessage, EndpointMessage } from '../../protocol/message.js';

/** Limits on one wait for an answer. */
export interface CommandOptions {
  /** In milliseconds. Default: that of the client, 10000. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** The part of a client that objects of the API (calls, voicemails, users) use. */
export interface CommandSender {
  /** Agreed version of the protocol; 0 while there is no attachment. Default: not known. */
  readonly protocol?: number;
  /** Sends a command and waits for its answer. @throws ERR_API, ERR_TIMEOUT, ERR_ABORTED, ERR_CLOSED. */
  command(message: CommandMessage, options?: CommandOptions): Promise<EndpointMessage>;
}

/** Rule of a sender of commands. */
export const SENDER = having('command');

/** Rule of a client. */
export const CLIENT = having('command', 'on', 'search');
