import type { AnyKind } from '../object/object-kind.js';
import { callKind } from './call-kind.js';
import { eventKind, menuItemKind } from './extension-kind.js';
import { groupKind } from './group-kind.js';
import { profileKind } from './profile-kind.js';
import { userKind } from './user-kind.js';
import { voicemailKind } from './voicemail-kind.js';

/** Makes every kind of object that an exchange has. */
export function exchangeKinds(): AnyKind[] {
  return [callKind, voicemailKind, userKind, profileKind, groupKind(), menuItemKind(), eventKind()];
}
