import { checkArgument, object } from '../../base/check.js';
import { JackfieldError } from '../../base/errors.js';
import type { ChatMessage } from './chat-message.js';

/**
 * A message was still on its way when the wait ended. Only the endpoint has it. It is sent when a receiver is online;
 * `waiting.settled()` waits for that.
 */
export class MessageWaitsError extends JackfieldError {
  /** The message, kept up to date. */
  readonly waiting: ChatMessage;

  /** @internal */
  constructor(to: string, message: ChatMessage, timeoutMs: number) {
    checkArgument('message', message, object);
    const status = message.status ?? 'unknown';
    super(
      'ERR_TIMEOUT',
      `Message ${message.id} to ${to} was not delivered within ${timeoutMs} ms (its status is ${status}). The endpoint delivers it when the recipient is online; do not send it again.`,
    );
    this.waiting = message;
  }
}
