import { APPLICATION } from './application.js';
import { CALL } from './call.js';
import { CHAT, CHATMEMBER } from './chat.js';
import { EVENT, MENU_ITEM } from './extension.js';
import { FILETRANSFER } from './file-transfer.js';
import { GROUP } from './group.js';
import { CHATMESSAGE, MESSAGE } from './message.js';
import { SMS } from './sms.js';
import type { ObjectSpec } from './spec.js';
import { PROFILE, USER } from './user.js';
import { VOICEMAIL } from './voicemail.js';

/** Every object of the reference. */
export const OBJECTS = {
  USER,
  PROFILE,
  CALL,
  MESSAGE,
  CHAT,
  CHATMEMBER,
  CHATMESSAGE,
  VOICEMAIL,
  SMS,
  APPLICATION,
  GROUP,
  FILETRANSFER,
  MENU_ITEM,
  EVENT,
} as const satisfies Record<string, ObjectSpec>;
