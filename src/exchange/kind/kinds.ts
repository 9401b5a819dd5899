import type { AnyKind } from '../object/object-kind.js';
import type { Shelves } from '../object/object-shelf.js';
import { callKind } from './call-kind.js';
import { eventKind, menuItemKind } from './extension-kind.js';
import { groupKind } from './group-kind.js';
import { profileKind } from './profile-kind.js';
import { userKind } from './user-kind.js';
import { voicemailKind } from './voicemail-kind.js';

/**
 * Makes every kind of object that an exchange has. Calls and voicemails have a life of their own, and keep themselves.
 *
 * @param shelf Gives a kind the place in which its objects survive a restart.
 */
export function exchangeKinds(shelf: Shelves): AnyKind[] {
  return [
    callKind,
    voicemailKind,
    userKind,
    profileKind,
    groupKind(shelf('GROUP')),
    menuItemKind(),
    eventKind(),
  ];
}
