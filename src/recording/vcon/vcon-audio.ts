import { createHash } from 'node:crypto';
import { checkArgument, rule, whole } from '../../base/check.js';
import { JackfieldError } from '../../base/errors.js';
import type { Vcon } from './vcon.js';

const INDEX = whole(0, 1_000_000);
const HAS_DIALOG = rule('a vCon with a list "dialog"', (value) => Array.isArray(Object(value).dialog));

/**
 * Extracts the embedded audio of a dialog from a vCon, and checks its hash.
 *
 * @param index The dialog. Default: the first one.
 * @throws ERR_INVALID_ARG when the dialog does not exist or has no embedded audio; ERR_FILE when the hash does not
 * match or is missing.
 */
export function vconAudio(vcon: Vcon, index = 0): Buffer {
  checkArgument('index', index, INDEX);
  checkArgument('vcon', vcon, HAS_DIALOG);
  const { dialog } = vcon;
  const { body, encoding, content_hash: hashes = [] } = dialog[index] ?? {};
  if (typeof body !== 'string' || encoding !== 'base64url') {
    throw new JackfieldError('ERR_INVALID_ARG', `Dialog ${index} has no audio inside the vCon.`);
  }
  const bytes = Buffer.from(body, 'base64url');
  const hash = `sha512-${createHash('sha512').update(bytes).digest('base64url')}`;
  if ([hashes].flat().includes(hash)) return bytes;
  throw new JackfieldError('ERR_FILE', `The audio of dialog ${index} does not match its hash.`);
}
