import { API_2_5, type ObjectSpec, P5, P6 } from './spec.js';

/** The GROUP object (reference, "GROUP object", "Contact groups"). */
export const GROUP = {
  note: 'A group of contacts: made by the user, or kept by the endpoint.',
  section: 'GROUP object',
  since: P5,
  id: 'number',
  errors: {
    get: { id: 562, what: 564, unknown: 563 },
    set: { id: 562, what: 564, unknown: 563 },
    alter: { id: 562, what: 564, unknown: 563 },
    delete: 562,
  },
  properties: {
    TYPE: {
      type: 'enum',
      values: [
        'ALL',
        'CUSTOM',
        'HARDWIRED',
        'SHARED_GROUP',
        'PROPOSED_SHARED_GROUP',
        'ALL_USERS',
        'ALL_FRIENDS',
        'SKYPE_FRIENDS',
        'SkypeOut_FRIENDS',
        'ONLINE_FRIENDS',
        'UNKNOWN_OR_PENDINGAUTH_FRIENDS',
        'RECENTLY_CONTACTED_USERS',
        'USERS_WAITING_MY_AUTHORIZATION',
        'USERS_AUTHORIZED_BY_ME',
        'USERS_BLOCKED_BY_ME',
        'UNGROUPED_FRIENDS',
        'CUSTOM_GROUP',
      ],
      note: 'Made by the user, shared, or one of the hard-wired ones.',
    },
    CUSTOM_GROUP_ID: { type: 'text', note: 'Lasting id of a custom group; empty at first.' },
    DISPLAYNAME: { type: 'text', access: 'read-write', note: 'Its name.' },
    NROFUSERS: { type: 'int', note: 'Contacts in it.' },
    NROFUSERS_ONLINE: { type: 'int', note: 'Contacts in it that are online.' },
    USERS: { type: 'list', note: 'The contacts in it.' },
    VISIBLE: { type: 'bool', note: 'Whether the user sees it.' },
    EXPANDED: { type: 'bool', note: 'Whether it is expanded in the window.' },
  },
  actions: {
    ADDUSER: { argument: 'word', note: 'Adds a contact.' },
    REMOVEUSER: { argument: 'word', note: 'Removes a contact.' },
    SHARE: {
      argument: 'text',
      since: API_2_5,
      note: 'Makes it a shared group; the text invites its members.',
    },
    ACCEPT: { since: P6, note: 'Accepts the invitation to a shared group.' },
    DECLINE: { since: P6, note: 'Declines it.' },
  },
} as const satisfies ObjectSpec;
