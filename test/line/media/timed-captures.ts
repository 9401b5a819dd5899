import type { Capture, CaptureLine } from './replay.js';
import { LOUD } from './replay.js';

const quiet = Buffer.alloc(160, 0xff).toString('base64');
const loud = LOUD.mulaw.toString('base64');
const said = (sampleRate: number, item?: string) => ({
  ...{ type: 'audio', samples: LOUD.samples(sampleRate), sampleRate, channels: 1 },
  ...(item !== undefined && { item }),
});

/** A message of Twilio's. */
const twilio = (event: string, body: object = {}) => ({
  event,
  sequenceNumber: '1',
  streamSid: 'MZ18',
  ...body,
});
const twilioMedia = (ms: number, chunk: number, payload: string): CaptureLine => [
  ...([ms, '<'] as const),
  twilio('media', { media: { track: 'inbound', chunk: String(chunk), timestamp: String(ms), payload } }),
  `audio 160/8000 ${payload === loud ? 'loud' : 'quiet'} inbound`,
];
const TWILIO: Capture = {
  ...{
    name: 'Twilio Media Streams, with <Connect>',
    dialect: 'twilio',
    role: 'application',
    heard: [102, 142],
  },
  lines: [
    [0, '<', { event: 'connected', protocol: 'Call', version: '1.0.0' }],
    [
      ...([2, '<'] as const),
      twilio('start', {
        start: {
          ...{ accountSid: 'AC1', streamSid: 'MZ18', callSid: 'CA1', tracks: ['inbound'] },
          mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
          customParameters: { FirstName: 'Jane', RemoteParty: 'Bob' },
        },
      }),
      'start MZ18 mulaw 8000/1 - - inbound FirstName=Jane RemoteParty=Bob callSid=CA1',
    ],
    ...[22, 42, 62].map((ms, at) => twilioMedia(ms, at + 1, quiet)),
    [70, '>', said(8000), '{"event":"media","streamSid":"MZ18","media":{"payload":"(audio)"}}'],
    [70, '>', { type: 'mark', name: 'one' }, '{"event":"mark","streamSid":"MZ18","mark":{"name":"one"}}'],
    twilioMedia(82, 4, quiet),
    [91, '<', twilio('mark', { mark: { name: 'one' } }), 'marked one true'],
    twilioMedia(102, 5, loud),
    [110, '>', { type: 'mark', name: 'two' }, '{"event":"mark","streamSid":"MZ18","mark":{"name":"two"}}'],
    [112, '>', { type: 'clear' }, 'marked two false', '{"event":"clear","streamSid":"MZ18"}'],
    // It comes back because of the clear: nobody has heard it.
    [120, '<', twilio('mark', { mark: { name: 'two' } })],
    twilioMedia(122, 6, loud),
    [130, '<', twilio('dtmf', { dtmf: { track: 'inbound_track', digit: '5' } }), 'dtmf 5'],
    // DTMF of the other track, and events that nobody knows yet.
    [131, '<', twilio('transcription', { transcription: {} }), 'other transcription'],
    twilioMedia(142, 7, quiet),
    [150, '<', twilio('stop', { stop: { accountSid: 'AC1', callSid: 'CA1' } }), 'ended', 'disconnected'],
  ],
};

const telnyx = (event: string, body: object = {}) => ({
  event,
  stream_id: 'S9',
  sequence_number: '4',
  ...body,
});
const telnyxMedia = (ms: number, chunk: number, ...then: string[]): CaptureLine => [
  ...([ms, '<'] as const),
  telnyx('media', {
    media: {
      track: 'inbound',
      chunk: String(chunk),
      timestamp: String(chunk * 20),
      payload: chunk > 3 ? loud : quiet,
    },
  }),
  ...then,
];
const TELNYX: Capture = {
  ...{ name: 'Telnyx, its chunks out of order', dialect: 'telnyx', role: 'application', heard: [122, 162] },
  lines: [
    [0, '<', { event: 'connected', version: '1.0.0' }],
    [
      ...([1, '<'] as const),
      telnyx('start', {
        start: {
          ...{ user_id: '3e6f', call_control_id: 'v2:T02', from: '+13122010094', to: '+13122123456' },
          client_state: 'aGF2ZSBhIG5pY2UgZGF5ID1d',
          media_format: { encoding: 'PCMU', sample_rate: 8000, channels: 1 },
        },
      }),
      'start S9 mulaw 8000/1 +13122010094 +13122123456 call_control_id=v2:T02',
    ],
    telnyxMedia(20, 1, 'audio 160/8000 quiet inbound'),
    telnyxMedia(40, 3),
    telnyxMedia(60, 2, 'audio 160/8000 quiet inbound', 'audio 160/8000 quiet inbound'),
    telnyxMedia(80, 2),
    telnyxMedia(100, 5),
    telnyxMedia(120, 4, 'audio 160/8000 loud inbound', 'audio 160/8000 loud inbound'),
    [130, '<', telnyx('dtmf', { dtmf: { digit: '#' } }), 'dtmf #'],
    [
      ...([131, '<'] as const),
      {
        event: 'error',
        payload: { code: 100_003, title: 'malformed_frame', detail: 'The frame is malformed.' },
      },
      'error The frame is malformed.',
    ],
    [140, '>', { type: 'mark', name: 'm' }, '{"event":"mark","mark":{"name":"m"}}'],
    [150, '<', telnyx('mark', { mark: { name: 'm' } }), 'marked m true'],
    [160, '<', telnyx('stop', { stop: { call_control_id: 'v2:T02' } }), 'ended', 'disconnected'],
  ],
};

const VONAGE: Capture = {
  ...{ name: 'Vonage', dialect: 'vonage', role: 'application', heard: [20, 60] },
  lines: [
    [
      ...([0, '<'] as const),
      {
        event: 'websocket:connected',
        'content-type': 'audio/l16;rate=16000',
        customer_id: 'ABC123',
        plan: 'gold',
      },
      'start - s16 16000/1 - - customer_id=ABC123 plan=gold',
    ],
    [20, '<', LOUD.s16(16_000), 'audio 320/16000 loud'],
    [40, '<', LOUD.s16(16_000), 'audio 320/16000 loud'],
    [60, '<', new Uint8Array(640), 'audio 320/16000 quiet'],
    // Half a frame waits for the rest, or for a mark behind it.
    [70, '>', { ...said(16_000), samples: new Int16Array(480) }, '640 bytes 000000..'],
    [
      ...([70, '>'] as const),
      { type: 'mark', name: 'said' },
      ...['640 bytes 000000..', '{"action":"notify","payload":{"mark":"said"}}'],
    ],
    [80, '<', new Uint8Array(640), 'audio 320/16000 quiet'],
    [110, '<', { event: 'websocket:notify', payload: { mark: 'said' } }, 'marked said true'],
    [120, '<', { event: 'websocket:dtmf', digit: '5', duration: 260 }, 'dtmf 5 260'],
    [125, '>', { type: 'clear' }, '{"action":"clear"}'],
    [126, '<', { event: 'websocket:cleared' }, 'other websocket:cleared'],
    [130, '<closed', '', 'closed'],
  ],
};

const ASTERISK: Capture = {
  ...{ name: 'chan_websocket in JSON', dialect: 'asterisk', role: 'application', heard: [22, 42] },
  lines: [
    [
      ...([0, '<'] as const),
      {
        ...{
          event: 'MEDIA_START',
          connection_id: 'media_connection1',
          channel: 'WebSocket/media_connection1/0x51',
        },
        ...{ channel_id: '1761245643.1', format: 'ulaw', optimal_frame_size: 160, ptime: 20 },
        channel_variables: { CUSTOMER: '7', DIALEDPEERNUMBER: 'x' },
      },
      'start media_connection1 mulaw 8000/1 - - CUSTOMER=7 DIALEDPEERNUMBER=x channel=WebSocket/media_connection1/0x51 channel_id=1761245643.1',
    ],
    [1, '>', { type: 'answer' }, '{"command":"ANSWER"}'],
    [20, '<', LOUD.mulaw, 'audio 160/8000 loud'],
    [40, '<', Buffer.alloc(160, 0xff), 'audio 160/8000 quiet'],
    [50, '>', said(8000), '160 bytes a0a0a0..'],
    [50, '>', { type: 'mark', name: 'hello 1' }, '{"command":"MARK_MEDIA","correlation_id":"hello 1"}'],
    [60, '<', { event: 'MEDIA_XOFF', channel_id: '1761245643.1' }, 'flow false'],
    [61, '<', { event: 'MEDIA_XON', channel_id: '1761245643.1' }, 'flow true'],
    [70, '<', { event: 'MEDIA_MARK_PROCESSED', correlation_id: 'hello 1' }, 'marked hello 1 true'],
    [80, '<', { event: 'DTMF_END', channel_id: '1761245643.1', digit: '2' }, 'dtmf 2'],
    [
      ...([90, '<'] as const),
      {
        event: 'STATUS',
        queue_length: 43,
        xon_level: 800,
        xoff_level: 900,
        queue_full: false,
        media_paused: false,
      },
      'other STATUS',
    ],
    [91, '>', { type: 'mark', name: 'gone' }, '{"command":"MARK_MEDIA","correlation_id":"gone"}'],
    [92, '>', { type: 'clear' }, 'marked gone false', '{"command":"FLUSH_MEDIA"}'],
    [95, '<', { event: 'QUEUE_DRAINED', channel_id: '1761245643.1' }, 'other QUEUE_DRAINED'],
    [99, '<closed', '', 'closed'],
  ],
};

const ASTERISK_TEXT: Capture = {
  ...{
    name: 'chan_websocket in lines of text',
    dialect: 'asterisk',
    variant: 'plain-text',
    role: 'application',
  },
  heard: [20, 40],
  lines: [
    [
      ...([0, '<'] as const),
      'MEDIA_START connection_id:c0 channel:WebSocket/c0/0x5140e00 channel_id:1761245643.1 format:slin16 optimal_frame_size:640 ptime:20',
      'start c0 s16 16000/1 - - channel=WebSocket/c0/0x5140e00 channel_id=1761245643.1',
    ],
    [20, '<', LOUD.s16(16_000), 'audio 320/16000 loud'],
    [40, '<', new Uint8Array(640), 'audio 320/16000 quiet'],
    [50, '>', { type: 'mark', name: 'a b' }, 'MARK_MEDIA a_b'],
    [60, '<', 'MEDIA_BUFFERING_COMPLETED x1', 'other MEDIA_BUFFERING_COMPLETED'],
    [80, '<', 'DTMF_END digit:*', 'dtmf *'],
    [90, '<', 'MEDIA_XOFF', 'flow false'],
    [99, '<closed', '', 'closed'],
  ],
};

const ID = Buffer.from('8f4b8a3e9a5c4f5e8a3b1d2c3b4a5f60', 'hex');
const framed = (kind: number, payload: Uint8Array = new Uint8Array(0)) =>
  Buffer.concat([Uint8Array.of(kind, payload.length >> 8, payload.length & 255), payload]);
const AUDIOSOCKET: Capture = {
  ...{
    name: 'AudioSocket, its bytes cut anywhere',
    dialect: 'audiosocket',
    role: 'application',
    heard: [22, 62],
  },
  lines: [
    [0, '<', framed(1, ID).subarray(0, 7)],
    [
      ...([5, '<'] as const),
      Buffer.concat([framed(1, ID).subarray(7), framed(0x10, LOUD.s16(8000)).subarray(0, 100)]),
      'start 8f4b8a3e-9a5c-4f5e-8a3b-1d2c3b4a5f60 s16 8000/1 - -',
    ],
    [25, '<', framed(0x10, LOUD.s16(8000)).subarray(100), 'audio 160/8000 loud'],
    // A channel at another rate.
    [45, '<', framed(0x12, LOUD.s16(16_000)), 'audio 320/16000 loud'],
    [50, '>', said(8000), '323 bytes 100140..'],
    [65, '<', framed(3, Buffer.from('9')), 'dtmf 9'],
    [70, '<', framed(2), 'other silence'],
    [75, '<', framed(0xff, Uint8Array.of(2)), 'error a frame could not be forwarded'],
    [80, '<', framed(0x7e, Uint8Array.of(1, 2)), 'other 0x7e'],
    [99, '<', framed(0), 'ended', 'disconnected'],
  ],
};

const AUDIO_FORK: Capture = {
  ...{ name: 'mod_audio_fork', dialect: 'audio-fork', role: 'application', heard: [29, 87] },
  lines: [
    [0, '<', { callId: '7', customerData: { agent: 'x' } }, 'start - s16 8000/1 - - agent=x callId=7'],
    // Of any length, and cut within a sample.
    [30, '<', LOUD.s16(8000).subarray(0, 201), 'audio 100/8000 loud'],
    [60, '<', Buffer.concat([LOUD.s16(8000).subarray(201), LOUD.s16(8000)]), 'audio 220/8000 loud'],
    [
      ...([70, '>'] as const),
      said(8000),
      '{"type":"playAudio","data":{"audioContentType":"raw","sampleRate":8000,"audioContent":"(audio)","queuePlay":true}}',
    ],
    [70, '>', { type: 'mark', name: 'm1' }, '{"type":"mark","data":{"name":"m1"}}'],
    [75, '<', { type: 'playDone', data: { id: '4' } }, 'other playDone'],
    [80, '<', { type: 'mark', data: { name: 'm1', event: 'playout' } }, 'marked m1 true'],
    [90, '<', { event: 'dtmf', dtmf: '2', duration: '1600' }, 'dtmf 2 200'],
    [95, '>', { type: 'clear' }, '{"type":"killAudio"}', '{"type":"clearMarks"}'],
    [99, '<', new Uint8Array(0), 'ended', 'disconnected'],
  ],
};

const JAMBONZ: Capture = {
  ...{ name: 'jambonz listen in stereo', dialect: 'jambonz', role: 'application', heard: [20, 40] },
  lines: [
    [
      ...([0, '<'] as const),
      {
        ...{
          sampleRate: 16_000,
          mixType: 'stereo',
          callSid: '4cd7',
          direction: 'inbound',
          from: '+1555',
          to: '+1556',
        },
        ...{ callId: 'x', sipStatus: 200, callStatus: 'in-progress', callerName: '', parent_call_sid: null },
      },
      'start 4cd7 s16 16000/2 +1555 +1556 sampleRate=16000 mixType=stereo callSid=4cd7 direction=inbound from=+1555 to=+1556 callId=x sipStatus=200 callStatus=in-progress callerName=',
    ],
    [20, '<', LOUD.s16(16_000, 2), 'audio 640/16000 loud'],
    [40, '<', new Uint8Array(1280), 'audio 640/16000 quiet'],
    [50, '>', said(16_000), '640 bytes 401f40..'],
    [50, '>', { type: 'mark', name: 'a' }, '{"type":"mark","data":{"name":"a"}}'],
    [55, '>', { type: 'clear' }, '{"type":"killAudio"}', '{"type":"clearMarks"}'],
    // It says itself that nobody has heard it.
    [60, '<', { type: 'mark', data: { name: 'a', event: 'cleared' } }, 'marked a false'],
    [90, '<', { event: 'dtmf', dtmf: '1', duration: '800' }, 'dtmf 1 100'],
    [99, '<', new Uint8Array(0), 'ended', 'disconnected'],
  ],
};

const RTPENGINE: Capture = {
  ...{ name: "rtpengine's forward", dialect: 'rtpengine', role: 'application', heard: [16, 56] },
  lines: [
    [0, '<', Buffer.from('from:ann|to:')],
    [
      ...([10, '<'] as const),
      Buffer.concat([Buffer.from('bob\0'), LOUD.s16(8000).subarray(0, 99)]),
      ...['start from:ann|to:bob s16 8000/1 - - metadata=from:ann|to:bob', 'audio 49/8000 loud'],
    ],
    [30, '<', Buffer.concat([LOUD.s16(8000).subarray(99), LOUD.s16(8000)]), 'audio 271/8000 loud'],
    [60, '<', new Uint8Array(320), 'audio 160/8000 quiet'],
    [99, '<closed', '', 'closed'],
  ],
};

const pipecatAudio = (samples: number) =>
  // Frame { audio { id 7, name "AudioRawFrame#7", audio, sample_rate 16000, num_channels 1 } }
  Buffer.concat([
    Uint8Array.of(0x12, ((samples * 2 + 27) & 0x7f) | 0x80, (samples * 2 + 27) >> 7, 8, 7, 0x12, 15),
    Buffer.from('AudioRawFrame#7'),
    Uint8Array.of(0x1a, ((samples * 2) & 0x7f) | 0x80, (samples * 2) >> 7),
    LOUD.s16(16_000).subarray(0, samples * 2),
    Uint8Array.of(0x20, 0x80, 0x7d, 0x28, 1),
  ]);
const PIPECAT: Capture = {
  ...{ name: 'Pipecat, as its client', dialect: 'pipecat', role: 'provider', heard: [20, 60] },
  lines: [
    [20, '<', pipecatAudio(320), 'audio 320/16000 loud'],
    [40, '<', pipecatAudio(320), 'audio 320/16000 loud'],
    // Frame { transcription { text "hi", user_id "u", timestamp "t" } }
    [
      50,
      '<',
      Uint8Array.of(0x1a, 10, 0x1a, 2, 0x68, 0x69, 0x22, 1, 0x75, 0x2a, 1, 0x74),
      'text hi caller true',
    ],
    [60, '<', Uint8Array.of(0x0a, 4, 0x1a, 2, 0x68, 0x6f), 'text ho agent true'],
    [70, '<', Uint8Array.of(0x22, 4, 0x0a, 2, 0x7b, 0x7d), 'other message'],
    [80, '<', Uint8Array.of(0x2a, 0), 'clear'],
    [90, '>', said(16_000), '651 bytes 128805..'],
    [99, '<closed', '', 'closed'],
  ],
};

/** Timed captures: messages as the documentation of each format has them. */
export const TIMED_CAPTURES: readonly Capture[] = [
  ...[TWILIO, TELNYX, VONAGE, ASTERISK, ASTERISK_TEXT, AUDIOSOCKET],
  ...[AUDIO_FORK, JAMBONZ, RTPENGINE, PIPECAT],
];
