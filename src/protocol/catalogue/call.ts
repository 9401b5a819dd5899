import { CALL_STATUSES } from '../status/call-status.js';
import { API_2_6, API_3_0, API_3_1, JACKFIELD, type ObjectSpec, P1, P5, P6 } from './spec.js';

const VIDEO_STATES = [
  'NOT_AVAILABLE',
  'AVAILABLE',
  'STARTING',
  'REJECTED',
  'RUNNING',
  'STOPPING',
  'PAUSED',
] as const;

/** Ways to end a ringing call by `ALTER CALL <id> END`. */
const END_ACTIONS = ['HANGUP', 'REDIRECT_TO_VOICEMAIL', 'FORWARD_CALL'] as const;

const TRANSFER = 'ALTER CALL TRANSFER';
const VOICE_STREAMS = 'Voice Streams';

/** The CALL object (reference, "CALL object", "ALTER CALL", "Voice Streams"). */
export const CALL = {
  note: 'A voice or video call, or a voicemail being left.',
  section: 'CALL object',
  since: P1,
  id: 'number',
  errors: {
    get: { id: 11, what: 13, unknown: 12 },
    set: { id: 19, what: 25, unknown: 20, argument: 21 },
    alter: { id: 555, unknown: 556, what: 557, wrong: 560, argument: 558, state: 559 },
  },
  properties: {
    TIMESTAMP: { type: 'timestamp', note: 'When the call was placed.' },
    PARTNER_HANDLE: { type: 'word', note: 'The other party: a handle, or +number for a phone.' },
    PARTNER_DISPNAME: { type: 'text', note: 'Display name of the other party.' },
    TARGET_IDENTITY: {
      type: 'word',
      since: API_3_1,
      note: 'The SkypeIn number that was called; not set for others.',
    },
    CONF_ID: { type: 'int', note: 'Conference that the call belongs to; 0 for none.' },
    TYPE: {
      type: 'enum',
      values: ['INCOMING_PSTN', 'OUTGOING_PSTN', 'INCOMING_P2P', 'OUTGOING_P2P'],
      note: 'Direction and network.',
    },
    STATUS: {
      type: 'enum',
      values: CALL_STATUSES,
      access: 'read-write',
      errors: { set: [22, 23, 24, 103, 104] },
      note: 'State of the call. SET takes ONHOLD, INPROGRESS (answer or resume) and FINISHED (hang up).',
    },
    VIDEO_STATUS: {
      type: 'enum',
      values: ['VIDEO_NONE', 'VIDEO_SEND_ENABLED', 'VIDEO_RECV_ENABLED', 'VIDEO_BOTH_ENABLED'],
      since: P5,
      note: 'Which directions of video are possible.',
    },
    VIDEO_SEND_STATUS: {
      type: 'enum',
      values: VIDEO_STATES,
      since: P5,
      note: 'State of the video that is sent.',
    },
    VIDEO_RECEIVE_STATUS: {
      type: 'enum',
      values: VIDEO_STATES,
      since: P5,
      note: 'State of the video that is received.',
    },
    FAILUREREASON: { type: 'int', note: 'Why the call failed: a number of the failure reasons.' },
    SUBJECT: { type: 'text', note: 'Text about a call from outside, if the line has one; else empty.' },
    PSTN_NUMBER: { type: 'word', note: 'The phone number, for a call to or from a phone.' },
    DURATION: { type: 'seconds', note: 'Length of the call so far.' },
    PSTN_STATUS: { type: 'text', note: 'Error text of the phone gateway.' },
    CONF_PARTICIPANTS_COUNT: {
      type: 'int',
      note: 'Non-hosts in the conference; 0 for the host or no conference, 1 for a former one.',
    },
    CONF_PARTICIPANT: {
      type: 'participant',
      argument: 'int',
      errors: { get: [71] },
      note: 'The nth party of the conference, with its call type, status and display name.',
    },
    VM_DURATION: { type: 'seconds', since: P5, note: 'Length so far of the voicemail being left.' },
    VM_ALLOWED_DURATION: { type: 'seconds', since: P5, note: 'Longest voicemail that may be left.' },
    RATE: {
      type: 'int',
      unit: 'currency / 10^RATE_PRECISION a minute',
      since: P6,
      section: 'Call cost information',
      note: 'Cost.',
    },
    RATE_CURRENCY: { type: 'word', since: P6, section: 'Call cost information', note: 'Currency of RATE.' },
    RATE_PRECISION: {
      type: 'int',
      since: P6,
      section: 'Call cost information',
      note: 'How often RATE is divided by 10 to give whole currency units.',
    },
    INPUT: {
      type: 'streams',
      since: API_2_6,
      section: VOICE_STREAMS,
      note: 'What is sent to the other party.',
    },
    OUTPUT: {
      type: 'streams',
      since: API_2_6,
      section: VOICE_STREAMS,
      note: 'Where the other party is heard.',
    },
    CAPTURE_MIC: {
      type: 'streams',
      since: API_2_6,
      section: VOICE_STREAMS,
      note: 'Where the microphone is copied to.',
    },
    VAA_INPUT_STATUS: { type: 'bool', since: API_2_6, note: 'Whether redirected input is being sent.' },
    FORWARDED_BY: { type: 'word', since: API_2_6, note: 'Who forwarded the call; ? when not known.' },
    TRANSFER_ACTIVE: {
      type: 'bool',
      since: API_3_0,
      section: TRANSFER,
      note: 'Seen by the caller: the call was transferred.',
    },
    TRANSFER_STATUS: {
      type: 'enum',
      values: CALL_STATUSES,
      since: API_3_0,
      section: TRANSFER,
      note: 'Seen by the transferring user: status of the new call.',
    },
    TRANSFERRED_BY: {
      type: 'word',
      since: API_3_0,
      section: TRANSFER,
      note: 'Seen by the new party: the user who transferred the call.',
    },
    TRANSFERRED_TO: {
      type: 'word',
      since: API_3_0,
      section: TRANSFER,
      note: 'User that the call was transferred to.',
    },
    CAN_TRANSFER: {
      type: 'verdict',
      argument: 'word',
      since: API_3_0,
      section: 'GET CALL CAN_TRANSFER',
      note: 'Whether the call can be transferred to this handle.',
    },
    LINE_QUALITY: {
      type: 'text',
      since: JACKFIELD,
      note: "Quality of the other party's line so far, as JSON: packets, loss, jitter, R, MOS. Empty when there is none.",
    },
    OUTPUT_GAP: {
      type: 'text',
      since: JACKFIELD,
      note: 'A part of redirected output that the line concealed: port, first sample, length, reason. Sent only to clients that asked for it.',
    },
    SEEN: {
      type: 'bool',
      access: 'write',
      section: 'SET CALL SEEN',
      note: 'Removes the call from the list of missed calls.',
    },
    DTMF: {
      type: 'word',
      access: 'write',
      section: 'SET CALL DTMF',
      errors: { set: [41, 42] },
      note: 'Sends digits 0-9, # and *; as a notification, a digit that was received.',
    },
    JOIN_CONFERENCE: {
      type: 'int',
      access: 'write',
      section: 'SET CALL JOIN_CONFERENCE',
      errors: { set: [72] },
      note: 'Joins the call into the conference of another call, given by its id.',
    },
  },
  actions: {
    ANSWER: { since: P5, note: 'Answers a ringing call.' },
    HOLD: { since: P5, errors: [103], note: 'Puts the call on hold.' },
    RESUME: { since: P5, errors: [104], note: 'Takes the call off hold.' },
    HANGUP: { since: P5, note: 'Ends the call.' },
    END: {
      since: P5,
      argument: 'enum',
      values: END_ACTIONS,
      note: 'Ends the call. A ringing incoming call can also be sent to voicemail or forwarded.',
    },
    DTMF: { since: P5, argument: 'word', note: 'Sends digits 0-9, # and *.' },
    TRANSFER: {
      since: API_3_0,
      section: TRANSFER,
      argument: 'list',
      note: 'Transfers an incoming call to the first of these handles that answers.',
    },
    JOIN_CONFERENCE: {
      since: P5,
      argument: 'int',
      note: 'Joins the call into the conference of another call.',
    },
    START_VIDEO_SEND: { since: P5, section: 'ALTER CALL VIDEO_SEND', note: 'Starts sending video.' },
    STOP_VIDEO_SEND: { since: P5, section: 'ALTER CALL VIDEO_SEND', note: 'Stops sending video.' },
    START_VIDEO_RECEIVE: { since: P5, section: 'ALTER CALL VIDEO_RECEIVE', note: 'Starts receiving video.' },
    STOP_VIDEO_RECEIVE: { since: P5, section: 'ALTER CALL VIDEO_RECEIVE', note: 'Stops receiving video.' },
    SET_INPUT: {
      since: API_2_6,
      section: VOICE_STREAMS,
      argument: 'streams',
      errors: [589],
      note: 'Plays a file or the data from a TCP port to the other party instead of the microphone.',
    },
    SET_OUTPUT: {
      since: API_2_6,
      section: VOICE_STREAMS,
      argument: 'streams',
      errors: [589],
      note: 'Sends the voice of the other party to a file or a TCP port; mutes the sound card unless it is listed.',
    },
    SET_CAPTURE_MIC: {
      since: API_2_6,
      section: VOICE_STREAMS,
      argument: 'streams',
      errors: [589],
      note: 'Copies the microphone to a file or a TCP port.',
    },
  },
} as const satisfies ObjectSpec;
