import { withoutTags } from '../../base/xml.js';
import { parseInteger, splitList } from '../../protocol/scanner.js';
import { isHandle, phoneNumber } from '../../switch/identity.js';
import { Refusal, taking } from '../api/refusal.js';
import { CHAT_PROPERTIES, type ChatProperty, chatProperty } from '../chats/chat-properties.js';
import type { ChatView } from '../chats/chat-view.js';
import { type Action, type Asking, type Getter, kindOf } from '../object/object-kind.js';

/** The CHAT object (reference, "CHAT object", "ALTER CHAT"). */
export const chatKind = kindOf<'CHAT', ChatView>({
  object: 'CHAT',
  find({ services: { chats }, user }, id) {
    if (!id.startsWith('#')) throw new Refusal('invalid-id');
    return chats.find(user, id);
  },
  get: getters(),
  set: {},
  alter: {
    SETTOPIC: ({ services: { chats } }, view, topic) => wording(() => chats.settings.setTopic(view, topic)),
    SETTOPICXML: ({ services: { chats } }, view, topic) =>
      wording(() => chats.settings.setTopic(view, withoutTags(topic), topic)),
    ADDMEMBERS: ({ services: { chats, identityOf } }, view, list) => {
      const handles = handlesOf(list, identityOf);
      if (!handles) throw new Refusal('add-members');
      return chats.add(view, handles);
    },
    LEAVE: ({ services: { chats } }, view, argument) => {
      if (argument !== '') throw new Refusal('leave-argument');
      return chats.leave(view);
    },
    BOOKMARK: bookmarking(true),
    UNBOOKMARK: bookmarking(false),
    BOOKMARKED: () => {
      throw new Refusal('unknown-what');
    },
    JOIN: ({ services: { chats } }, view) => chats.join(view),
    CLEARRECENTMESSAGES({ services: { chats } }, view) {
      chats.clearRecent(view);
      return true;
    },
    SETALERTSTRING({ services: { chats } }, view, text) {
      return wording(() => {
        chats.setAlert(view, alertOf(text));
        return true;
      });
    },
    ACCEPTADD: ({ services: { chats } }, view) => chats.acceptAdd(view),
    DISBAND: ({ services: { chats } }, view) => chats.disband(view),
    SETPASSWORD({ services: { chats } }, view, text) {
      const [, password = '', hint = ''] = /^\s*(\S*)\s*(.*)$/s.exec(text) ?? [];
      return wording(() => chats.settings.setPassword(view, password, hint));
    },
    ENTERPASSWORD: ({ services: { chats } }, view, password) => chats.enterPassword(view, password),
    SETOPTIONS: ({ services: { chats } }, view, options) =>
      chats.settings.setOptions(view, parseInteger(options) ?? Number.NaN),
    KICK: kicking(false),
    KICKBAN: kicking(true),
    SETGUIDELINES: ({ services: { chats } }, view, text) =>
      wording(() => chats.settings.setGuidelines(view, text)),
  },
  search: {
    CHATS: named(({ services: { chats }, user }) => chats.list(user)),
    ACTIVECHATS: named(({ services: { chats }, user }) => chats.list(user).filter(({ open }) => open)),
    MISSEDCHATS: named(({ services: { chats }, user }) =>
      chats.list(user).filter((view) => chats.lists.isMissed(view)),
    ),
    RECENTCHATS: named(({ services: { chats }, user }) => chats.lists.recent(user)),
    BOOKMARKEDCHATS: named(({ services: { chats }, user }) =>
      chats.list(user).filter(({ state }) => state.bookmarked),
    ),
  },
  clear: ({ services: { chats }, user }) => chats.clearHistory(user),
});

/**
 * Reads a list of Skype names and phone numbers. A name that contains a comma must be the only one in the list.
 *
 * @returns undefined for an empty list, or when an item is neither a name nor a number.
 */
export function handlesOf(
  list: string,
  identityOf: Asking['services']['identityOf'],
): readonly string[] | undefined {
  const words = identityOf(list.trim()) ? [list.trim()] : splitList(list);
  const handles = words.map((word) => phoneNumber(word) ?? word);
  const proper = handles.every((handle) => isHandle(handle) || handle.startsWith('+'));
  return proper && handles.length > 0 ? unique(handles) : undefined;
}

function unique(handles: readonly string[]): string[] {
  return [...new Map(handles.map((handle) => [handle.toLowerCase(), handle])).values()];
}

function getters(): Readonly<Record<ChatProperty, Getter<ChatView>>> {
  const getter =
    (property: ChatProperty): Getter<ChatView> =>
    ({ services: { chats } }, view) =>
      chatProperty(view, chats.table, property);
  return Object.fromEntries(CHAT_PROPERTIES.map((name) => [name, getter(name)])) as Record<
    ChatProperty,
    Getter<ChatView>
  >;
}

/** Runs an action that takes a text. A text that is not allowed makes the action fail. */
function wording(act: () => boolean): boolean {
  return taking('not-now', act);
}

function bookmarking(bookmarked: boolean): Action<ChatView> {
  return ({ services: { chats } }, view) => {
    chats.setBookmark(view, bookmarked);
    const value = `${view.chat.name} BOOKMARKED ${bookmarked ? 'TRUE' : 'FALSE'}`;
    return { kind: 'unknown', text: `ALTER CHAT ${value}` };
  };
}

function kicking(ban: boolean): Action<ChatView> {
  return ({ services: { chats, identityOf } }, view, list) => {
    const handles = handlesOf(list, identityOf);
    return handles !== undefined && chats.kick(view, handles, ban);
  };
}

/** Drops the first character of the text, which is taken as `=` (reference, "ALTER CHAT SETALERTSTRING"). */
function alertOf(text: string): string {
  const bare = text.length >= 2 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text;
  return bare.slice(1);
}

function named(list: (asking: Asking) => readonly ChatView[]) {
  return (asking: Asking) => list(asking).map(({ chat }) => chat.name);
}
