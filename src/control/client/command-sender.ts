import { having } from '../../base/check.js';
import type { CommandMessage, EndpointMessage } from '../../protocol/message.js';

/** Limits on one wait for an answer. */
export interface CommandOptions {
  /** In milliseconds. Default: that of the client, 10000. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** What the objects of the API (calls, voicemails, users) need of the client that they belong to. */
export interface CommandSender {
  /** Sends a command and waits for its answer. @throws ERR_API, ERR_TIMEOUT, ERR_ABORTED, ERR_CLOSED. */
  command(message: CommandMessage, options?: CommandOptions): Promise<EndpointMessage>;
}

/** What is a client. */
export const CLIENT = having('command', 'on', 'search');
