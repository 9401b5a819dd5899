import { HttpRefusal } from '../../http/http-refusal.js';
import { isHandle } from '../../switch/identity.js';
import type { Services } from '../api/services.js';

/** Gives the id (MRI) of a user or a phone. */
export function mriOf(handle: string): string {
  return handle.startsWith('+') ? `4:${handle}` : `8:${handle}`;
}

/** Gives the handle of an id such as `8:bob`. @throws HttpRefusal 400, 404 */
export function knownHandle({ identityOf }: Pick<Services, 'identityOf'>, mri: string): string {
  const handle = mri.replace(/^8:/, '');
  if (!isHandle(handle)) {
    throw new HttpRefusal(400, 'ERR_INVALID_ARG', 'The user id is not valid.', '8: followed by a Skype name');
  }
  const known = identityOf(handle)?.handle;
  if (known !== undefined) return known;
  throw new HttpRefusal(404, 'ERR_UNSUPPORTED', 'There is no such user.', 'a user of the exchange');
}
