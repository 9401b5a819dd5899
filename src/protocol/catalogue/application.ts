import { type ObjectSpec, P5 } from './spec.js';

/** The APPLICATION object: data between programs at both ends (reference, "Application to application"). */
export const APPLICATION = {
  note: 'A channel between two API clients, named by a word without spaces.',
  section: 'APPLICATION object',
  since: P5,
  id: 'string',
  errors: {
    get: { id: 543, what: 544 },
    set: { id: 18, what: 18 },
    // The reference says "action" for both 545 and 546. Its other errors name the missing id first, then the missing
    // action.
    alter: { id: 545, what: 546, state: 541 },
    create: 540,
    delete: 542,
  },
  properties: {
    CONNECTABLE: { type: 'words', note: 'Users that could be connected to. Deprecated in API 3.0.' },
    CONNECTING: { type: 'words', note: 'Users that are being connected to.' },
    STREAMS: { type: 'connections', note: 'Open streams.' },
    SENDING: { type: 'transfers', note: 'Streams with data on its way, and how much.' },
    RECEIVED: { type: 'transfers', note: 'Streams with data to be read, and how much.' },
    DATAGRAM: { type: 'datagram', access: 'notify', note: 'A datagram arrived.' },
  },
  actions: {
    CONNECT: { argument: 'word', errors: [547], note: 'Opens a stream to every instance of a user.' },
    DISCONNECT: { argument: 'word', errors: [548], note: 'Closes a stream.' },
    WRITE: {
      argument: 'text',
      reply: 'ALTER APPLICATION <appname> WRITE <user>:<id>',
      errors: [549],
      note: 'Sends text on a stream.',
    },
    READ: {
      argument: 'text',
      reply: 'ALTER APPLICATION <appname> READ <user>:<id> <text>',
      errors: [550],
      note: 'Reads the received text of a stream.',
    },
    DATAGRAM: {
      argument: 'text',
      reply: 'ALTER APPLICATION <appname> DATAGRAM <user>:<id>',
      errors: [551],
      note: 'Sends a datagram on a stream.',
    },
  },
} as const satisfies ObjectSpec;
