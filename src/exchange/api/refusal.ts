import { JackfieldError } from '../../base/errors.js';
import { errorText } from '../../protocol/api-error.js';
import { ERROR_NUMBERS, type ErrorName } from '../../protocol/catalogue/error-names.js';
import type { ErrorReply } from '../../protocol/message.js';
import { replies } from '../../protocol/replies.js';

/** Thrown by a command's handler to answer it with `ERROR <number> <text>`. Never leaves the exchange. */
export class Refusal extends Error {
  readonly reply: ErrorReply;

  /**
   * @param why name of the error, or the whole answer where its text is not the reference's.
   * @param detail appended to the reference's text. Default: nothing.
   */
  constructor(why: ErrorName | ErrorReply, detail?: string) {
    const reply = typeof why === 'string' ? replyOf(why, detail) : why;
    super(reply.text);
    this.name = 'Refusal';
    this.reply = reply;
  }
}

/** Answer with an error, by its name. @param text Default: the reference's. */
export function errorReply(name: ErrorName, text?: string): ErrorReply {
  const number = ERROR_NUMBERS[name];
  return text === undefined ? replies.error(number) : replies.error(number, text);
}

/** Takes a value; one that its check refuses is answered with the error `name`, and why. */
export function taking<T>(name: ErrorName, take: () => T): T {
  try {
    return take();
  } catch (error) {
    if (!(error instanceof JackfieldError)) throw error;
    throw new Refusal(name, error.message);
  }
}

function replyOf(name: ErrorName, detail: string | undefined): ErrorReply {
  const text = detail === undefined ? undefined : `${errorText(ERROR_NUMBERS[name])}: ${detail}`;
  return errorReply(name, text);
}
