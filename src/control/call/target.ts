import { checkArgument, either, listOf, words } from '../../base/check.js';
import { commands } from '../../protocol/commands.js';

const TARGETS = either(words, listOf(words, 1));

/** Gives the list of targets: one or several. @throws ERR_INVALID_ARG when they are not texts. */
export function targetsOf(name: string, given: string | readonly string[]): readonly string[] {
  checkArgument(name, given, TARGETS);
  return typeof given === 'string' ? [given] : given;
}

/**
 * Checks the target of a call, a transfer or a voicemail: a handle, a phone number or a speed-dial code.
 *
 * @throws ERR_INVALID_ARG when it is empty, begins or ends with a blank, or contains a comma; ERR_LINE_BREAK.
 */
export function checkTarget(target: string): string {
  commands.call(target);
  return target;
}
