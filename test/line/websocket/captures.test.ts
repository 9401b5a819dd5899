import { describe, expect, it } from 'vitest';
import { dialectNamed } from '../../../src/line/dialect/dialects.js';
import type { WireMessage } from '../../../src/line/dialect/media-event.js';

const silence = Buffer.alloc(160, 0xff).toString('base64');
const audio = expect.objectContaining({ type: 'audio' });

/** Messages as the documentation of each format has them, and what they mean. */
const CAPTURES: [
  string,
  string | undefined,
  'provider' | 'application',
  [WireMessage | object, unknown[]][],
][] = [
  [
    'twilio',
    undefined,
    'application',
    [
      [{ event: 'connected', protocol: 'Call', version: '1.0.0' }, []],
      [
        {
          event: 'start',
          sequenceNumber: '1',
          start: {
            accountSid: 'AC1',
            streamSid: 'MZ1',
            callSid: 'CA1',
            tracks: ['inbound'],
            mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
            customParameters: { FirstName: 'Jane' },
          },
          streamSid: 'MZ1',
        },
        [expect.objectContaining({ id: 'MZ1', parameters: { FirstName: 'Jane', callSid: 'CA1' } })],
      ],
      [
        {
          event: 'media',
          sequenceNumber: '3',
          media: { track: 'outbound', chunk: '1', timestamp: '5', payload: silence },
          streamSid: 'MZ1',
        },
        [expect.objectContaining({ type: 'audio', track: 'outbound', samples: new Int16Array(160) })],
      ],
      [
        {
          event: 'dtmf',
          streamSid: 'MZ1',
          sequenceNumber: '5',
          dtmf: { track: 'inbound_track', digit: '1' },
        },
        [{ type: 'dtmf', digit: '1' }],
      ],
      [
        { event: 'mark', sequenceNumber: '4', streamSid: 'MZ1', mark: { name: 'my label' } },
        [{ type: 'marked', name: 'my label' }],
      ],
      [
        { event: 'stop', sequenceNumber: '5', stop: { accountSid: 'AC1', callSid: 'CA1' }, streamSid: 'MZ1' },
        [{ type: 'end' }],
      ],
    ],
  ],
  [
    'telnyx',
    undefined,
    'application',
    [
      [{ event: 'connected', version: '1.0.0' }, []],
      [
        {
          event: 'start',
          sequence_number: '1',
          stream_id: 'S1',
          start: {
            user_id: 'U',
            call_control_id: 'v2:T',
            from: '+13122010094',
            to: '+13122123456',
            custom_parameters: { customer_id: 'customer_123' },
            media_format: { encoding: 'PCMU', sample_rate: 8000, channels: 1 },
          },
        },
        [expect.objectContaining({ id: 'S1', from: '+13122010094', to: '+13122123456' })],
      ],
      ...['1', '3', '2', '2', '4'].map((chunk, at): [object, unknown[]] => [
        { event: 'media', stream_id: 'S1', media: { track: 'inbound', chunk, payload: silence } },
        // One that is early waits, one that comes twice is dropped.
        [[audio], [], [audio, audio], [], [audio]][at] ?? [],
      ]),
      [
        {
          event: 'error',
          payload: { code: 100002, title: 'unknown_error', detail: 'It broke.' },
          stream_id: 'S1',
        },
        [{ type: 'error', message: 'It broke.' }],
      ],
    ],
  ],
  [
    'vonage',
    undefined,
    'application',
    [
      [
        { event: 'websocket:connected', 'content-type': 'audio/l16;rate=16000', customer_id: 'ABC123' },
        [expect.objectContaining({ parameters: { customer_id: 'ABC123' } })],
      ],
      [new Uint8Array(640), [expect.objectContaining({ type: 'audio', samples: new Int16Array(320) })]],
      [
        { event: 'websocket:dtmf', digit: '5', duration: 260 },
        [{ type: 'dtmf', digit: '5', durationMs: 260 }],
      ],
    ],
  ],
  [
    'asterisk',
    'plain-text',
    'application',
    [
      [
        'MEDIA_START connection_id:c1 channel:WebSocket/c1/0x5140 channel_id:176.1 format:ulaw optimal_frame_size:160 ptime:20',
        [expect.objectContaining({ id: 'c1', format: { encoding: 'mulaw', sampleRate: 8000, channels: 1 } })],
      ],
      ['DTMF_END digit:4', [{ type: 'dtmf', digit: '4' }]],
      ['MEDIA_XOFF', [{ type: 'flow', on: false }]],
      ['MEDIA_MARK_PROCESSED m1', [{ type: 'marked', name: 'm1', heard: true }]],
      ['STATUS queue_length:43 xon_level:800', [{ type: 'other', name: 'STATUS' }]],
    ],
  ],
  [
    'asterisk',
    'json',
    'application',
    [
      [
        {
          event: 'MEDIA_START',
          connection_id: 'c1',
          channel_id: '1.1',
          format: 'slin16',
          channel_variables: { A: 'b' },
        },
        [expect.objectContaining({ parameters: expect.objectContaining({ A: 'b' }) })],
      ],
      [new Uint8Array(641), [expect.objectContaining({ samples: new Int16Array(320) })]],
    ],
  ],
  [
    'jambonz',
    undefined,
    'application',
    [
      [
        { callSid: 'x', from: '+1555', sampleRate: 8000, mixType: 'stereo' },
        [expect.objectContaining({ id: 'x' })],
      ],
      [{ event: 'dtmf', dtmf: '2', duration: '1600' }, [{ type: 'dtmf', digit: '2', durationMs: 200 }]],
      [
        { type: 'mark', data: { name: 'm', event: 'cleared' } },
        [{ type: 'marked', name: 'm', heard: false }],
      ],
      [new Uint8Array(0), [{ type: 'end' }]],
    ],
  ],
  [
    'openai-realtime',
    'earlier',
    'provider',
    [
      [{ type: 'session.created', session: {} }, [{ type: 'other', name: 'session.created' }]],
      [
        { type: 'input_audio_buffer.speech_started', audio_start_ms: 1 },
        [{ type: 'speech', speaking: true }],
      ],
      [
        { type: 'response.audio.delta', item_id: 'i', delta: 'AAA=' },
        [expect.objectContaining({ item: 'i' })],
      ],
      [
        {
          type: 'response.output_item.done',
          item: { type: 'function_call', call_id: 'c', name: 'hang_up', arguments: '{}' },
        },
        [{ type: 'tool', id: 'c', name: 'hang_up', input: '{}' }],
      ],
      [{ type: 'error', error: { message: 'no' } }, [{ type: 'error', message: 'no' }]],
    ],
  ],
  [
    'openai-realtime',
    'current',
    'application',
    [
      [
        {
          type: 'session.update',
          session: {
            // What the agent is to be says nothing of the audio.
            ...{ type: 'realtime', instructions: 'Explain "g711_ulaw" and "audio/pcmu".' },
            audio: { input: { format: { type: 'audio/pcma' } }, output: { format: { type: 'audio/pcma' } } },
          },
        },
        [
          {
            ...{ type: 'start', id: '', parameters: {} },
            format: { encoding: 'alaw', sampleRate: 8000, channels: 1 },
          },
        ],
      ],
    ],
  ],
  [
    'pipecat',
    undefined,
    'provider',
    [
      // Frame { audio { id 1, name "a", audio 0x0100 0x0200, sample_rate 16000, num_channels 1 } }
      [
        Uint8Array.of(0x12, 16, 8, 1, 0x12, 1, 0x61, 0x1a, 4, 1, 0, 2, 0, 0x20, 0x80, 0x7d, 0x28, 1),
        [{ type: 'audio', samples: Int16Array.of(1, 2), sampleRate: 16_000, channels: 1 }],
      ],
      [Uint8Array.of(0x2a, 0), [{ type: 'clear' }]],
    ],
  ],
];

describe('messages of the documentation', () => {
  it.each(CAPTURES)('of %s (%s) are understood when read as the %s', (name, variant, role, messages) => {
    const dialect = dialectNamed(name);
    const codec = dialect.codec(role, { format: dialect.format, variant });
    for (const [message, events] of messages) {
      const isWire = typeof message === 'string' || message instanceof Uint8Array;
      expect(codec.read(isWire ? message : JSON.stringify(message)), JSON.stringify(message)).toEqual(events);
    }
  });
});
