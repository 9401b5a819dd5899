import type { Dialect } from '../dialect/dialect.js';
import { MediaStreamsCodec, type StreamNames } from './media-streams-codec.js';

const LAW_RATES = { mulaw: [8000], alaw: [8000] };
/** Rates of L16, in Hz. */
const L16_RATES = [8000, 16_000, 22_050, 24_000, 48_000];
/** Version with L16 in little-endian byte order. */
const LITTLE_ENDIAN = 'l16-little-endian';

const NAMES: StreamNames = {
  what: 'Telnyx media streaming',
  id: 'stream_id',
  sequence: 'sequence_number',
  mediaFormat: 'media_format',
  sampleRate: 'sample_rate',
  callId: 'call_control_id',
  parameters: 'custom_parameters',
  // L16 is in network byte order (RFC 3551).
  encodings: { PCMU: 'mulaw', PCMA: 'alaw', L16: 's16be' },
  connected: { event: 'connected', version: '1.0.0' },
  start: {},
  isNamedByApplication: false,
  hasErrors: true,
  isUnordered: true,
};

/** Media streaming of Telnyx, with `stream_bidirectional_mode: "rtp"`. */
export const TELNYX: Dialect = {
  name: 'telnyx',
  title: 'Telnyx media streaming',
  transport: 'websocket',
  subprotocols: [],
  variants: ['rtp', LITTLE_ENDIAN],
  format: { encoding: 'mulaw', sampleRate: 8000, channels: 1 },
  rates: { ...LAW_RATES, s16be: L16_RATES, s16: L16_RATES },
  // Both encodings are L16 on the wire. The version decides the byte order; without a version the encoding does.
  ratesOf: {
    rtp: { ...LAW_RATES, s16be: L16_RATES },
    [LITTLE_ENDIAN]: { ...LAW_RATES, s16: L16_RATES },
  },
  stereo: 'tracks',
  frame: { ms: 20, isExact: false },
  startsByConnecting: false,
  returnsClearedMarks: true,
  says: {
    provider: ['start', 'audio', 'dtmf', 'marked', 'error', 'end'],
    application: ['audio', 'mark', 'clear', 'end'],
  },
  notes: {
    audio: 'chunks may arrive out of order: up to five chunks wait for a missing one',
    marked: 'the same for played and cleared audio: the session reports which',
    dtmf: 'without a duration',
    end: 'from the application: by closing the connection',
  },
  codec: (role, options) => {
    const { variant = options.format.encoding === 's16' ? LITTLE_ENDIAN : 'rtp' } = options;
    const names =
      variant === LITTLE_ENDIAN
        ? { ...NAMES, encodings: { PCMU: 'mulaw', PCMA: 'alaw', L16: 's16' } as const }
        : NAMES;
    return new MediaStreamsCodec(names, role, options);
  },
};
