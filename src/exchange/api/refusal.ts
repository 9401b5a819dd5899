import { JackfieldError } from '../../base/errors.js';
import { errorText } from '../../protocol/api-error.js';
import type { ErrorNumber } from '../../protocol/catalogue/error-codes.js';
import type { ErrorReply } from '../../protocol/message.js';
import { replies } from '../../protocol/replies.js';

/** Thrown by a command's handler to answer it with `ERROR <number> <text>`. Never leaves the exchange. */
export class Refusal extends Error {
  readonly reply: ErrorReply;

  /** @param text Default: the reference's text for the number. */
  constructor(number: ErrorNumber, text?: string) {
    const reply = text === undefined ? replies.error(number) : replies.error(number, text);
    super(reply.text);
    this.name = 'Refusal';
    this.reply = reply;
  }
}

/** Takes a value; one that its check refuses is answered with `ERROR <number>`, and why. */
export function taking<T>(number: ErrorNumber, take: () => T): T {
  try {
    return take();
  } catch (error) {
    if (!(error instanceof JackfieldError)) throw error;
    throw new Refusal(number, `${errorText(number)}: ${error.message}`);
  }
}
