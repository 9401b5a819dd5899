import { checkArgument, object } from '../../base/check.js';
import { JackfieldError } from '../../base/errors.js';
import type { ChatMessage } from './chat-message.js';

/**
 * A message was still on its way when the time to wait for it was over: the endpoint has it, and nobody else. It goes when
 * one whom it is for is there; `waiting.settled()` waits for that.
 */
export class MessageWaitsError extends JackfieldError {
  /** The message, which is kept up to date. */
  readonly waiting: ChatMessage;

  /** @internal */
  constructor(to: string, message: ChatMessage, timeoutMs: number) {
    checkArgument('message', message, object);
    const status = message.status ?? 'unknown';
    super(
      'ERR_TIMEOUT',
      `Message ${message.id} to ${to} waits: after ${timeoutMs} ms nobody there has it (its status is ${status}). It is sent when somebody is there; do not send it again.`,
    );
    this.waiting = message;
  }
}
