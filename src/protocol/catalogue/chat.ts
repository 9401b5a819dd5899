import { API_2_5, API_3_0, API_3_1, type ObjectSpec, P3, P5 } from './spec.js';

/** Roles of a chat's members, which decide their rights (reference, "CHAT ROLES"). */
export const CHAT_ROLES = ['CREATOR', 'MASTER', 'HELPER', 'USER', 'LISTENER', 'APPLICANT'] as const;

/** Bits of `CHAT <id> OPTIONS` (reference, "ALTER CHAT SETOPTIONS"). */
export const CHAT_OPTIONS = {
  JOINING_ENABLED: 1,
  JOINERS_BECOME_APPLICANTS: 2,
  JOINERS_BECOME_LISTENERS: 4,
  HISTORY_DISCLOSED: 8,
  USERS_ARE_LISTENERS: 16,
  TOPIC_AND_PIC_LOCKED_FOR_USERS: 32,
} as const;

/** A member's role, which decides what they may do. */
export type ChatRole = (typeof CHAT_ROLES)[number];

/** An option of a public chat, by name. */
export type ChatOption = keyof typeof CHAT_OPTIONS;

/** Rights of each role (reference, "CHAT ROLES"). */
export const CHAT_ROLE_NOTES: Readonly<Record<ChatRole, string>> = {
  CREATOR: 'Created the chat. Only the creator appoints masters and disbands the chat.',
  MASTER: 'Manages the chat: options, password, guidelines, roles below its own, kicks, applicants.',
  HELPER: 'Writes even when users can only read. Manages nothing.',
  USER: 'Reads and writes.',
  LISTENER: 'Reads.',
  APPLICANT: 'Waits to be accepted, and neither reads nor writes. A member cannot become an applicant again.',
};

/** Effect of each option while it is on (reference, "ALTER CHAT SETOPTIONS"). */
export const CHAT_OPTION_NOTES: Readonly<Record<ChatOption, string>> = {
  JOINING_ENABLED: 'New people can join.',
  JOINERS_BECOME_APPLICANTS: 'A new member is an applicant until the creator or a master gives another role.',
  JOINERS_BECOME_LISTENERS: 'A new member only reads until promoted.',
  HISTORY_DISCLOSED: 'A new member does not see earlier messages. The reference says so, despite the name.',
  USERS_ARE_LISTENERS: 'Users only read; helpers and above write.',
  TOPIC_AND_PIC_LOCKED_FOR_USERS: 'Users cannot change the topic and its picture.',
};

/** The CHAT object (reference, "CHAT object", "ALTER CHAT"). */
export const CHAT = {
  note: 'A conversation in text, named by a string such as #me/$target;0123456789abcdef.',
  section: 'CHAT object',
  since: P3,
  id: 'string',
  anonymousReply: true,
  errors: {
    get: { id: 105, what: 106, unknown: 501 },
    set: { id: 105, what: 106 },
    alter: { id: 500, what: 502, unknown: 501, wrong: 503, state: 504 },
  },
  properties: {
    NAME: { type: 'word', note: "The chat's id." },
    TIMESTAMP: { type: 'timestamp', note: 'When the chat was created.' },
    ADDER: { type: 'word', note: 'User who added the current user.' },
    STATUS: {
      type: 'enum',
      values: ['LEGACY_DIALOG', 'DIALOG', 'MULTI_SUBSCRIBED', 'UNSUBSCRIBED'],
      note: 'One to one, taking part in a chat of many, or left.',
    },
    POSTERS: { type: 'words', note: 'Members who have posted.' },
    MEMBERS: { type: 'words', note: 'Everyone who has ever been a member.' },
    TOPIC: { type: 'text', note: 'Topic, as plain text.' },
    TOPICXML: { type: 'text', since: API_3_1, note: 'Topic, with its XML tags.' },
    CHATMESSAGES: { type: 'ids', note: 'Ids of all its messages.' },
    ACTIVEMEMBERS: { type: 'words', note: 'Members who have not left.' },
    FRIENDLYNAME: { type: 'text', note: 'Title of the window.' },
    RECENTCHATMESSAGES: { type: 'ids', since: P5, note: 'Ids of its recent and missed messages.' },
    BOOKMARKED: { type: 'bool', since: API_2_5, note: 'Whether it is bookmarked.' },
    MEMBEROBJECTS: { type: 'ids', since: API_3_0, note: 'Ids of its CHATMEMBER objects.' },
    PASSWORDHINT: { type: 'quoted', since: API_3_0, note: 'Hint to the password.' },
    GUIDELINES: { type: 'text', since: API_3_0, note: 'Guidelines shown on top of the window.' },
    OPTIONS: { type: 'int', since: API_3_0, note: 'Options, as a sum of bits.' },
    DESCRIPTION: { type: 'text', since: API_3_0, note: 'Only for the hidden chats of shared groups.' },
    DIALOG_PARTNER: { type: 'word', since: API_3_0, note: 'The other member, in a chat of two.' },
    ACTIVITY_TIMESTAMP: { type: 'timestamp', since: API_3_0, note: 'Time of the last activity.' },
    TYPE: {
      type: 'enum',
      values: ['LEGACY_DIALOG', 'DIALOG', 'MULTICHAT', 'SHAREDGROUP', 'LEGACY_UNSUBSCRIBED'],
      since: API_3_0,
      note: 'Two members, many, or the chat of a shared group.',
    },
    MYSTATUS: {
      type: 'enum',
      values: [
        'CONNECTING',
        'WAITING_REMOTE_ACCEPT',
        'ACCEPT_REQUIRED',
        'PASSWORD_REQUIRED',
        'SUBSCRIBED',
        'UNSUBSCRIBED',
        'CHAT_DISBANDED',
        'QUEUED_BECAUSE_CHAT_IS_FULL',
        'APPLICATION_DENIED',
        'KICKED',
        'BANNED',
        'RETRY_CONNECTING',
      ],
      since: API_3_0,
      note: "The current user's standing.",
    },
    MYROLE: { type: 'enum', values: CHAT_ROLES, since: API_3_0, note: "The current user's role." },
    BLOB: { type: 'word', since: API_3_0, note: 'Blob of a public chat, as in its URL.' },
    APPLICANTS: { type: 'words', since: API_3_0, note: 'Users who asked to join.' },
    OPENED: { type: 'none', access: 'notify', section: 'Chat notifications', note: 'Its window was opened.' },
    CLOSED: { type: 'none', access: 'notify', section: 'Chat notifications', note: 'Its window was closed.' },
  },
  actions: {
    SETTOPIC: { since: P5, argument: 'text', note: 'Sets the topic.' },
    SETTOPICXML: { since: API_3_0, argument: 'text', note: 'Sets the topic, with XML tags.' },
    ADDMEMBERS: { since: P5, argument: 'list', errors: [506], note: 'Adds members.' },
    LEAVE: { since: P5, errors: [505], note: 'Leaves the chat.' },
    BOOKMARK: { since: API_2_5, reply: 'ALTER CHAT <id> BOOKMARKED TRUE', note: 'Bookmarks the chat.' },
    UNBOOKMARK: { since: API_2_5, reply: 'ALTER CHAT <id> BOOKMARKED FALSE', note: 'Removes the bookmark.' },
    BOOKMARKED: { since: API_2_5, argument: 'bool', note: 'Only as the reply to BOOKMARK and UNBOOKMARK.' },
    JOIN: { since: API_3_0, note: 'Joins again.' },
    CLEARRECENTMESSAGES: { since: API_3_0, note: 'Clears the recent messages.' },
    SETALERTSTRING: {
      since: API_3_0,
      argument: 'quoted',
      note: 'Notifies only of messages that hold this text; its first character, an =, is dropped.',
    },
    ACCEPTADD: { since: API_3_0, note: 'Accepts the invitation to a shared group.' },
    DISBAND: { since: API_3_0, note: 'Removes everyone and closes the chat.' },
    SETPASSWORD: {
      since: API_3_0,
      argument: 'text',
      note: 'Sets the password (one word) and its hint (the rest).',
    },
    ENTERPASSWORD: { since: API_3_0, argument: 'word', note: 'Gives the requested password.' },
    SETOPTIONS: { since: API_3_0, argument: 'int', note: 'Sets the options, as a sum of bits.' },
    KICK: { since: API_3_0, argument: 'list', note: 'Removes members. They may join again.' },
    KICKBAN: { since: API_3_0, argument: 'list', note: 'Bans members.' },
    SETGUIDELINES: { since: API_3_0, argument: 'text', note: 'Sets the guidelines.' },
  },
} as const satisfies ObjectSpec;

const ALTER_MEMBER = 'ALTER CHATMEMBER';

/** The CHATMEMBER object (reference, "CHATMEMBER object"). */
export const CHATMEMBER = {
  note: 'A member of a chat.',
  section: 'CHATMEMBER object',
  since: API_3_0,
  id: 'number',
  anonymousReply: true,
  errors: {
    get: { id: 7, what: 10 },
    set: { id: 18, what: 18 },
    alter: { id: 500, what: 502, wrong: 503, state: 504 },
  },
  properties: {
    CHATNAME: { type: 'word', note: 'The chat.' },
    IDENTITY: { type: 'word', note: 'The handle of the member.' },
    ROLE: { type: 'enum', values: CHAT_ROLES, note: 'What the member may do.' },
    IS_ACTIVE: { type: 'bool', note: 'Whether the member has acknowledged being added.' },
  },
  actions: {
    SETROLETO: {
      section: `${ALTER_MEMBER} SETROLETO`,
      argument: 'enum',
      values: CHAT_ROLES,
      reply: 'ALTER CHATMEMBER SETROLETO',
      note: 'Gives the member a role.',
    },
    CANSETROLETO: {
      section: `${ALTER_MEMBER} CANSETROLETO`,
      argument: 'enum',
      values: CHAT_ROLES,
      reply: 'ALTER CHATMEMBER CANSETROLETO TRUE|FALSE',
      note: 'Asks if the role could be set; changes nothing.',
    },
  },
} as const satisfies ObjectSpec;
