import { API_3_0, type ObjectSpec } from './spec.js';

/** The FILETRANSFER object, which commands can only read (reference, "FILETRANSFER object"). */
export const FILETRANSFER = {
  note: 'A file being sent or received. Nothing can be done with it through the API.',
  section: 'FILETRANSFER object',
  since: API_3_0,
  id: 'number',
  errors: { get: { id: 7, what: 10 }, set: { id: 18, what: 18 }, alter: { id: 527, what: 527 } },
  properties: {
    TYPE: { type: 'enum', values: ['INCOMING', 'OUTGOING'], note: 'Direction.' },
    STATUS: {
      type: 'enum',
      values: [
        'NEW',
        'WAITING_FOR_ACCEPT',
        'CONNECTING',
        'TRANSFERRING',
        'TRANSFERRING_OVER_RELAY',
        'PAUSED',
        'REMOTELY_PAUSED',
        'CANCELLED',
        'COMPLETED',
        'FAILED',
      ],
      note: 'Where the transfer stands.',
    },
    FAILUREREASON: {
      type: 'enum',
      values: [
        'SENDER_NOT_AUTHORIZED',
        'REMOTELY_CANCELLED',
        'FAILED_READ',
        'FAILED_REMOTE_READ',
        'FAILED_WRITE',
        'FAILED_REMOTE_WRITE',
        'REMOTE_DOES_NOT_SUPPORT_FT',
        'REMOTE_OFFLINE_FOR_TOO_LONG',
      ],
      note: 'Why it failed.',
    },
    PARTNER_HANDLE: { type: 'word', note: 'The other party.' },
    PARTNER_DISPNAME: { type: 'text', note: 'Display name of the other party.' },
    STARTTIME: { type: 'timestamp', note: 'When it began.' },
    FINISHTIME: { type: 'timestamp', note: 'When it ended or is expected to; 0 when that is not known.' },
    FILEPATH: { type: 'text', note: 'Full path of the file here.' },
    FILENAME: { type: 'text', note: 'Name of the file.' },
    FILESIZE: { type: 'int', unit: 'bytes', note: 'Size.' },
    BYTESPERSECOND: { type: 'int', unit: 'bytes a second', note: 'Speed; 0 when it is over.' },
    BYTESTRANSFERRED: { type: 'int', unit: 'bytes', note: 'Transferred so far.' },
  },
  actions: {},
} as const satisfies ObjectSpec;
