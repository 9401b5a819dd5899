import { checkArgument, either, listOf, words } from '../../base/check.js';
import { commands } from '../../protocol/commands.js';

const TARGETS = either(words, listOf(words, 1));

/** The targets that were given, of one or several. @throws ERR_INVALID_ARG when they are no texts. */
export function targetsOf(name: string, given: string | readonly string[]): readonly string[] {
  checkArgument(name, given, TARGETS);
  return typeof given === 'string' ? [given] : given;
}

/**
 * Checks whom to call, transfer to or leave a voicemail for: a handle, a phone number or a speed-dial code.
 *
 * @throws ERR_INVALID_ARG when it is empty, begins or ends with a blank or holds a comma; ERR_LINE_BREAK.
 */
export function checkTarget(target: string): string {
  commands.call(target);
  return target;
}
