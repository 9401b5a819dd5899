import { VOICEMAIL_FAILURE_REASONS, VOICEMAIL_STATUSES } from '../status/voicemail-status.js';
import { API_2_6, API_3_5, type ObjectSpec, P5 } from './spec.js';

const ALTER = 'ALTER VOICEMAIL';
const VOICE_STREAMS = 'Voice Streams';

/** The VOICEMAIL object (reference, "VOICEMAIL object", "ALTER VOICEMAIL"). */
export const VOICEMAIL = {
  note: 'A voicemail or a greeting.',
  section: 'VOICEMAIL object',
  since: P5,
  id: 'number',
  errors: {
    get: { id: 512, what: 514, unknown: 513 },
    set: { id: 512, what: 514, unknown: 513 },
    alter: { missing: 528, id: 529, what: 530, wrong: 532, state: 531 },
  },
  properties: {
    TYPE: {
      type: 'enum',
      values: ['INCOMING', 'OUTGOING', 'DEFAULT_GREETING', 'CUSTOM_GREETING', 'UNKNOWN'],
      note: 'Received, sent, or a greeting.',
    },
    PARTNER_HANDLE: { type: 'word', note: 'Sender of a received voicemail, recipient of a sent one.' },
    PARTNER_DISPNAME: { type: 'text', note: 'Display name of the partner.' },
    STATUS: { type: 'enum', values: VOICEMAIL_STATUSES, note: 'State of the voicemail.' },
    FAILUREREASON: {
      type: 'enum',
      values: VOICEMAIL_FAILURE_REASONS,
      note: 'Why it failed.',
    },
    SUBJECT: { type: 'text', note: 'Not used.' },
    TIMESTAMP: { type: 'timestamp', note: 'When it was recorded.' },
    DURATION: { type: 'seconds', note: 'Length of the voicemail.' },
    ALLOWED_DURATION: { type: 'seconds', note: 'Longest length allowed.' },
    INPUT: { type: 'streams', since: API_3_5, note: 'Source of the recording.' },
    OUTPUT: { type: 'streams', since: API_3_5, note: 'Target of the playback.' },
    CAPTURE_MIC: { type: 'streams', since: API_3_5, note: 'Where the microphone is copied to.' },
  },
  actions: {
    STARTPLAYBACK: { section: ALTER, note: 'Plays it; it must be downloaded.' },
    STOPPLAYBACK: { section: ALTER, note: 'Stops playing it.' },
    UPLOAD: { section: ALTER, note: 'Sends the recording to the server.' },
    DOWNLOAD: { section: ALTER, note: 'Fetches it from the server.' },
    STARTRECORDING: { section: ALTER, note: 'Ends the greeting and starts recording.' },
    STOPRECORDING: { section: ALTER, note: 'Ends the recording, which is then uploaded.' },
    DELETE: { section: ALTER, note: 'Deletes it.' },
    STARTPLAYBACKINCALL: {
      section: ALTER,
      since: API_2_6,
      note: 'Plays it during a call, to both parties.',
    },
    SETUNPLAYED: { section: ALTER, since: API_2_6, note: 'Sets STATUS back to UNPLAYED.' },
    SET_INPUT: {
      section: VOICE_STREAMS,
      since: API_3_5,
      argument: 'streams',
      errors: [592],
      note: 'Records a file or the data from a TCP port instead of the microphone.',
    },
    SET_OUTPUT: {
      section: VOICE_STREAMS,
      since: API_3_5,
      argument: 'streams',
      errors: [592],
      note: 'Plays to a file or a TCP port; mutes the sound card unless it is listed.',
    },
    SET_CAPTURE_MIC: {
      section: VOICE_STREAMS,
      since: API_3_5,
      argument: 'streams',
      errors: [592],
      note: 'Copies the microphone to a file or a TCP port.',
    },
  },
} as const satisfies ObjectSpec;
