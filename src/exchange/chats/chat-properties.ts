import type { PropertyName } from '../../protocol/message.js';
import type { ChatStore } from '../chat-store/chat-store.js';
import { asLine } from '../wire-value.js';
import { type ChatFace, sameHandle } from './chat.js';
import type { ChatView } from './chat-view.js';

/** Most messages that RECENTCHATMESSAGES lists. */
const RECENT = 100;
/** Longest part of the first message in the title of a dialog, in characters. */
export const OPENING_LENGTH = 40;
/** Longest title, in characters. */
const TITLE_LENGTH = 300;

/** Sources of property values, besides the view. */
export interface PropertySource {
  readonly store: ChatStore;
  memberId(view: ChatView, handle: string): number;
  displayName(user: ChatView['user'], handle: string): string;
}

type Reader = (view: ChatView, source: PropertySource) => string;

const READERS: Readonly<Record<Exclude<PropertyName<'CHAT'>, 'OPENED' | 'CLOSED'>, Reader>> = {
  NAME: ({ chat }) => chat.name,
  TIMESTAMP: ({ chat }) => String(chat.state.created),
  ADDER: ({ state }) => state.adder,
  STATUS: (view) => {
    if (!view.subscribed) return 'UNSUBSCRIBED';
    return view.face.kind === 'DIALOG' ? 'DIALOG' : 'MULTI_SUBSCRIBED';
  },
  POSTERS: ({ face }) => face.posters.join(' '),
  MEMBERS: ({ face }) => handles(face, () => true),
  TOPIC: ({ face }) => face.topic,
  TOPICXML: ({ face }) => face.topicXml,
  CHATMESSAGES: ({ number }, { store }) => store.ids([number], 'all').join(', '),
  ACTIVEMEMBERS: ({ face }) => handles(face, ({ active }) => active),
  FRIENDLYNAME: title,
  RECENTCHATMESSAGES: ({ number, state }, { store }) =>
    store.recent(number, state.recentAfter, RECENT).join(', '),
  BOOKMARKED: ({ state }) => truth(state.bookmarked),
  MEMBEROBJECTS: (view, source) =>
    view.face.members
      .map(({ handle }) => source.memberId(view, handle))
      .sort((a, b) => a - b)
      .join(', '),
  PASSWORDHINT: ({ face }) => face.passwordHint,
  GUIDELINES: ({ face }) => face.guidelines,
  OPTIONS: ({ face }) => String(face.options),
  DESCRIPTION: ({ face }) => face.description,
  DIALOG_PARTNER: (view) => (view.face.kind === 'DIALOG' ? partnerOf(view) : ''),
  ACTIVITY_TIMESTAMP: ({ face }) => String(face.activity),
  TYPE: ({ face }) => face.kind,
  MYSTATUS: ({ state }) => state.standing,
  MYROLE: (view) => view.self?.role ?? view.chat.formerRole(view.handle) ?? 'USER',
  BLOB: (view) => (view.face.kind === 'MULTICHAT' ? view.chat.state.blob : ''),
  APPLICANTS: ({ face }) => handles(face, ({ role }) => role === 'APPLICANT'),
};

/** A property of CHAT that can be read. */
export type ChatProperty = keyof typeof READERS;

/** Gives a property of a chat, as the user of the view knows it. */
export function chatProperty(view: ChatView, source: PropertySource, property: ChatProperty): string {
  return READERS[property](view, source);
}

/** All properties of CHAT that can be read. */
export const CHAT_PROPERTIES = Object.keys(READERS) as readonly ChatProperty[];

/** Gives the handle of the partner in a dialog. */
export function partnerOf({ face, user }: ChatView): string {
  return face.members.find(({ handle }) => !sameHandle(handle, user.handle))?.handle ?? '';
}

/** Gives TRUE or FALSE. */
export function truth(is: boolean): 'TRUE' | 'FALSE' {
  return is ? 'TRUE' : 'FALSE';
}

/** Makes the title: the topic, or the names of the others with, in a dialog, the beginning of its first message. */
function title(view: ChatView, source: PropertySource): string {
  const { face, user } = view;
  if (face.topic !== '') return face.topic;
  const others = face.members.filter(({ handle }) => !sameHandle(handle, user.handle));
  const names = others.map(({ handle }) => source.displayName(user, handle)).join(', ');
  const opening = face.kind === 'DIALOG' && face.opening !== '' ? ` | ${face.opening}` : '';
  return asLine(`${names}${opening}`, TITLE_LENGTH);
}

function handles(face: ChatFace, fits: (member: ChatFace['members'][number]) => boolean): string {
  return face.members
    .filter(fits)
    .map(({ handle }) => handle)
    .join(' ');
}
