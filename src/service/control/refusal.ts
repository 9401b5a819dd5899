import { type ErrorCode, JackfieldError } from '../../base/errors.js';

/** A request that cannot be carried out, with what would have been right. */
export class Refusal extends JackfieldError {
  /** Undefined where the arguments of the command say it. */
  readonly expected: string | undefined;

  constructor(code: ErrorCode, message: string, expected?: string) {
    super(code, message);
    this.expected = expected;
  }
}

/** A request for something that is not there. */
export class NothingThere extends Refusal {}
