import { createHash } from 'node:crypto';
import { checkArgument, rule, whole } from '../../base/check.js';
import { JackfieldError } from '../../base/errors.js';
import type { Vcon } from './vcon.js';

const INDEX = whole(0, 1_000_000);
const HAS_DIALOG = rule('a vCon, with a list dialog', (value) => Array.isArray(Object(value).dialog));

/**
 * The audio of a dialog that is in a vCon, checked against its hash.
 *
 * @param index The dialog. Default: the first one.
 * @throws ERR_INVALID_ARG where there is no such dialog, or it has no audio in it; ERR_FILE for audio that is not what its
 *   hash says, or that has none.
 */
export function vconAudio(vcon: Vcon, index = 0): Buffer {
  checkArgument('index', index, INDEX);
  checkArgument('vcon', vcon, HAS_DIALOG);
  const { dialog } = vcon;
  const { body, encoding, content_hash: hashes = [] } = dialog[index] ?? {};
  if (body === undefined || encoding !== 'base64url') {
    throw new JackfieldError('ERR_INVALID_ARG', `Dialog ${index} has no audio in the vCon itself.`);
  }
  const bytes = Buffer.from(body, 'base64url');
  const hash = `sha512-${createHash('sha512').update(bytes).digest('base64url')}`;
  if ([hashes].flat().includes(hash)) return bytes;
  throw new JackfieldError('ERR_FILE', `The audio of dialog ${index} is not what its hash says.`);
}
