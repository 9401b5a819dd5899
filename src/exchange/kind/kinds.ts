import type { Services } from '../api/services.js';
import type { AnyKind } from '../object/object-kind.js';
import { applicationKind } from './application-kind.js';
import { callKind } from './call-kind.js';
import { chatKind } from './chat-kind.js';
import { chatMemberKind } from './chat-member-kind.js';
import { chatMessageKind } from './chat-message-kind.js';
import { eventKind, menuItemKind } from './extension-kind.js';
import { fileTransferKind } from './file-transfer-kind.js';
import { groupKind } from './group-kind.js';
import { messageKind } from './message-kind.js';
import { profileKind } from './profile-kind.js';
import { smsKind } from './sms-kind.js';
import { userKind } from './user-kind.js';
import { voicemailKind } from './voicemail-kind.js';

/** Makes every kind of object that an exchange has. */
export function exchangeKinds(services: Services): AnyKind[] {
  return [
    callKind,
    voicemailKind,
    userKind,
    profileKind,
    smsKind,
    fileTransferKind,
    groupKind(services.groups),
    chatKind,
    chatMemberKind,
    chatMessageKind,
    messageKind,
    menuItemKind(services),
    eventKind(services),
    applicationKind(),
  ];
}
