import type { Dialect } from '../dialect/dialect.js';
import { MediaStreamsCodec, type StreamNames } from './media-streams-codec.js';

const NAMES: StreamNames = {
  what: 'Twilio Media Streams',
  id: 'streamSid',
  sequence: 'sequenceNumber',
  mediaFormat: 'mediaFormat',
  sampleRate: 'sampleRate',
  callId: 'callSid',
  parameters: 'customParameters',
  encodings: { 'audio/x-mulaw': 'mulaw' },
  connected: { event: 'connected', protocol: 'Call', version: '1.0.0' },
  start: { accountSid: 'AC00000000000000000000000000000000' },
  isNamedByApplication: true,
  hasErrors: false,
  isUnordered: false,
  dtmfTrack: 'inbound_track',
};

/** Twilio Media Streams. */
export const TWILIO: Dialect = {
  name: 'twilio',
  title: 'Twilio Media Streams and compatible agents',
  transport: 'websocket',
  subprotocols: [],
  variants: [],
  format: { encoding: 'mulaw', sampleRate: 8000, channels: 1 },
  rates: { mulaw: [8000] },
  stereo: 'tracks',
  frame: { ms: 20, isExact: false },
  startsByConnecting: false,
  returnsClearedMarks: true,
  says: {
    provider: ['start', 'audio', 'dtmf', 'marked', 'end'],
    application: ['audio', 'mark', 'clear', 'end'],
  },
  notes: {
    dtmf: 'only with <Connect><Stream>, without a duration',
    marked: 'the same for played and cleared audio: the session reports which',
    end: 'from the application: by closing the connection',
  },
  codec: (role, options) => new MediaStreamsCodec(NAMES, role, options),
};
