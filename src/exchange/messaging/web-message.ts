import { escapeXml } from '../../base/xml.js';
import { richOf } from '../../protocol/account/rich-text.js';
import type { ChatMessageType } from '../../protocol/catalogue/message.js';
import { mriOf } from '../account/mri.js';
import type { KeptMessage } from '../chats/chat-message.js';

/** A message as the messaging service shows it. */
export interface WebMessage {
  readonly id: string;
  readonly type: 'Message';
  readonly messagetype: string;
  readonly content: string;
  readonly from: string;
  readonly imdisplayname: string;
  readonly composetime: string;
  readonly originalarrivaltime: string;
  readonly version: string;
  readonly conversationLink: string;
  readonly clientmessageid?: string;
  readonly skypeeditedid?: string;
  readonly properties?: { readonly edittime?: string; readonly deletetime?: string };
}

/** Message types other than text: the service's word, and the element that describes the change. */
const ACTIVITIES: Readonly<Partial<Record<ChatMessageType, readonly [type: string, element: string]>>> = {
  SETTOPIC: ['TopicUpdate', 'topicupdate'],
  SETPICTURE: ['PictureUpdate', 'pictureupdate'],
  SETOPTIONS: ['OptionsUpdate', 'optionsupdate'],
  SETGUIDELINES: ['GuidelinesUpdate', 'guidelinesupdate'],
  SETROLE: ['RoleUpdate', 'roleupdate'],
  ADDEDMEMBERS: ['AddMember', 'addmember'],
  CREATEDCHATWITH: ['AddMember', 'addmember'],
  SAWMEMBERS: ['AddMember', 'addmember'],
  JOINEDASAPPLICANT: ['AddMember', 'addmember'],
  LEFT: ['DeleteMember', 'deletemember'],
  KICKED: ['DeleteMember', 'deletemember'],
  KICKBANNED: ['DeleteMember', 'deletemember'],
};

/** Id of a message: Unix milliseconds as text. The sequence number distinguishes messages of the same second. */
export function webIdOf({ at, seq }: Pick<KeptMessage, 'at' | 'seq'>): string {
  return String(at * 1000 + (seq % 1000));
}

/** Content and type of a message. */
export function contentOf(message: KeptMessage): { readonly messagetype: string; readonly content: string } {
  const { type, body, users, from } = message;
  if (type === 'POSTEDCONTACTS') {
    const contacts = users.map((handle) => `<c t="s" s="${escapeXml(handle)}"/>`).join('');
    return { messagetype: 'RichText/Contacts', content: `<contacts>${contacts}</contacts>` };
  }
  const activity = ACTIVITIES[type];
  if (!activity) {
    const rich = message.rich || richOf(body);
    return rich === undefined
      ? { messagetype: 'Text', content: body }
      : { messagetype: 'RichText', content: rich };
  }
  const [word, element] = activity;
  const targets = (users.length > 0 ? users : type === 'LEFT' ? [from] : []).map(
    (handle) => `<target>${escapeXml(mriOf(handle))}</target>`,
  );
  const time = `<eventtime>${webIdOf(message)}</eventtime><initiator>${escapeXml(mriOf(from))}</initiator>`;
  const value = body === '' ? '' : `<value>${escapeXml(body)}</value>`;
  return {
    messagetype: `ThreadActivity/${word}`,
    content: `<${element}>${time}${targets.join('')}${value}</${element}>`,
  };
}
