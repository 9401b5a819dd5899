import { commands } from '../../protocol/commands.js';

/**
 * Checks whom to call, transfer to or leave a voicemail for: a handle, a phone number or a speed-dial code.
 *
 * @throws ERR_INVALID_ARG when it is empty, begins or ends with a blank or holds a comma; ERR_LINE_BREAK.
 */
export function checkTarget(target: string): string {
  commands.call(target);
  return target;
}
