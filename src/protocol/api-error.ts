import { checkArgument, whole, words } from '../base/check.js';
import { entryOf } from '../base/entry-of.js';
import { JackfieldError } from '../base/errors.js';
import { printable } from '../base/printable.js';
import { ERROR_TEXTS } from './catalogue/error-codes.js';

const NUMBER = whole(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);

/** The reference's text for an error number; `undefined` for a number that it does not list. */
export function errorText(number: number): string | undefined {
  checkArgument('number', number, NUMBER);
  return entryOf<string>(ERROR_TEXTS, String(number));
}

/** The endpoint's answer `ERROR <number> <text>` to a command. Its code is `ERR_API`. */
export class ApiError extends JackfieldError {
  /** The number on the wire; its meaning is in the catalogue's error table. */
  readonly number: number;
  /** The text on the wire, or the reference's when the endpoint sent none. */
  readonly text: string;
  /** The line that was refused, without its command identifier. */
  readonly command: string;

  constructor(number: number, text: string, command: string) {
    const said = text || (errorText(number) ?? 'no description');
    super(
      'ERR_API',
      `The endpoint refused ${JSON.stringify(verbOf(command))} with error ${number}: ${printable(said).replace(/\.$/, '')}.`,
    );
    this.number = number;
    this.text = said;
    this.command = command;
  }
}

/** The first two words. They are enough to recognise the command and contain no message text. */
function verbOf(command: string): string {
  checkArgument('command', command, words);
  return command.split(' ', 2).join(' ');
}
