import { entryOf } from '../../base/entry-of.js';
import { JackfieldError } from '../../base/errors.js';
import { errorText } from '../../protocol/api-error.js';
import type { ErrorNumber } from '../../protocol/catalogue/error-codes.js';
import { ERROR_NUMBERS, type ErrorName } from '../../protocol/catalogue/error-names.js';
import { OBJECTS } from '../../protocol/catalogue/objects.js';
import { SEARCHES, type SearchSpec } from '../../protocol/catalogue/searches.js';
import type { CommandErrors, ObjectSpec } from '../../protocol/catalogue/spec.js';
import { HISTORIES, type TargetSpec, WINDOWS } from '../../protocol/catalogue/windows.js';
import type { CommandMessage, ErrorReply } from '../../protocol/message.js';
import { replies } from '../../protocol/replies.js';

/** Causes whose error number depends on the object and command. The catalogue has the numbers. */
const CAUSES = {
  'invalid-id': ({ id }) => id,
  'unknown-object': ({ id, unknown = id }) => unknown,
  /** An unknown property or action, or one that this command does not take. */
  'unknown-what': ({ what, wrong = what }) => wrong,
  'invalid-argument': ({ what, wrong = what, argument = wrong }) => argument,
  'not-now': ({ what, wrong = what, argument = wrong, state = argument }) => state,
} as const satisfies Readonly<Record<string, (errors: CommandErrors) => ErrorNumber>>;

/** Name of an error: with a fixed number, or with a number that depends on the command. */
export type RefusalName = ErrorName | Cause;

/**
 * A cause from the catalogue. `wrong-target`: the invalid argument of an action, with the first of the action's own
 * errors.
 */
type Cause = keyof typeof CAUSES | 'wrong-target';

/**
 * Thrown by a command's handler to answer `ERROR <number> <text>`. It never leaves the exchange. It is not an Error:
 * the stack is never read, and making one costs more than the rest of the command.
 */
export class Refusal {
  readonly #why: RefusalName | ErrorReply;
  readonly #detail: string | undefined;

  /**
   * @param why Name of the error, or the whole answer when its text is not the reference's.
   * @param detail Appended to the reference's text. Default: nothing.
   */
  constructor(why: RefusalName | ErrorReply, detail?: string) {
    this.#why = why;
    this.#detail = detail;
  }

  /** Gives the answer to the command that is refused. */
  replyTo(command: CommandMessage): ErrorReply {
    if (typeof this.#why !== 'string') return this.#why;
    const number = entryOf(ERROR_NUMBERS, this.#why) ?? numberFor(this.#why as Cause, command);
    return this.#detail === undefined
      ? replies.error(number)
      : replies.error(number, `${errorText(number)}: ${this.#detail}`);
  }
}

/** Makes the answer for an error, by its name. @param text Default: the reference's. */
export function errorReply(name: ErrorName, text?: string): ErrorReply {
  const number = ERROR_NUMBERS[name];
  return text === undefined ? replies.error(number) : replies.error(number, text);
}

/** Runs a check. If it fails, the command is refused with the error `name` and the reason. */
export function taking<T>(name: RefusalName, take: () => T): T {
  try {
    return take();
  } catch (error) {
    if (!(error instanceof JackfieldError)) throw error;
    throw new Refusal(name, error.message);
  }
}

function numberFor(cause: Cause, command: CommandMessage): ErrorNumber {
  if (cause === 'wrong-target') return targetError(command);
  switch (command.kind) {
    case 'get':
    case 'set':
    case 'alter': {
      const { errors }: ObjectSpec = OBJECTS[command.object];
      return CAUSES[cause](errors[command.kind]);
    }
    case 'delete': {
      const { errors }: ObjectSpec = OBJECTS[command.object];
      return errors.delete ?? DELETE_ERROR;
    }
    case 'create': {
      const { errors }: ObjectSpec = OBJECTS[command.object];
      return errors.create ?? ERROR_NUMBERS['create-object'];
    }
    case 'search':
      return first((SEARCHES[command.what] satisfies SearchSpec).errors);
    case 'open':
      return first(entryOf<TargetSpec>(WINDOWS, command.what)?.errors);
    case 'clear':
      return first(entryOf<TargetSpec>(HISTORIES, command.what)?.errors);
    default:
      return ERROR_NUMBERS['unknown-command'];
  }
}

function targetError(command: CommandMessage): ErrorNumber {
  if (command.kind !== 'alter') return numberFor('invalid-argument', command);
  const { actions }: ObjectSpec = OBJECTS[command.object];
  return entryOf(actions, command.action)?.errors?.[0] ?? numberFor('invalid-argument', command);
}

/** Error number of DELETE for objects without one in the catalogue. */
const DELETE_ERROR = 538;

function first(errors: readonly ErrorNumber[] = []): ErrorNumber {
  return errors[0] ?? ERROR_NUMBERS.syntax;
}
