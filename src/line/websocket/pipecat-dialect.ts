import { JackfieldError } from '../../base/errors.js';
import type { CodecOptions, Dialect, MediaCodec } from '../dialect/dialect.js';
import type { MediaEvent, MediaFormat, MediaRole, WireMessage } from '../dialect/media-event.js';
import { AudioBytes, encodeAudio, KNOWN_RATES } from '../dialect/wire-audio.js';
import { formatOf } from './media-streams-codec.js';
import { type ProtobufFields, readProtobuf, writeProtobuf } from './protobuf.js';

const WHAT = 'Pipecat';
/** Fields of `Frame`. */
const FRAME = { text: 1, audio: 2, transcription: 3, message: 4, interruption: 5 } as const;
/** Fields of `TextFrame` and `TranscriptionFrame`. */
const TEXT = { text: 3 } as const;
/** Fields of `AudioRawFrame`. */
const AUDIO = { audio: 3, sampleRate: 4, channels: 5 } as const;

/** Protobuf frames of Pipecat's WebSocket transport. */
export const PIPECAT: Dialect = {
  name: 'pipecat',
  title: 'Pipecat protobuf frames',
  transport: 'websocket',
  subprotocols: [],
  variants: [],
  format: { encoding: 's16', sampleRate: 16_000, channels: 1 },
  rates: { s16: KNOWN_RATES },
  stereo: 'channels',
  frame: { ms: 20, isExact: false },
  startsByConnecting: true,
  returnsClearedMarks: false,
  says: { provider: ['audio', 'end'], application: ['audio', 'clear', 'text', 'end'] },
  notes: {
    start: 'by connecting, without an identity: put the identity into the address',
    clear: 'as an interruption',
    dtmf: 'not supported by the serializer',
    text: 'from the caller as a transcription, from the agent as text',
    end: 'by closing',
  },
  codec: (role, options) => new PipecatCodec(role, options),
};

class PipecatCodec implements MediaCodec {
  readonly #role: MediaRole;
  readonly #format: MediaFormat;
  /** Decoder of the audio, which may be cut anywhere. */
  #audio: { readonly channels: number; readonly bytes: AudioBytes } | undefined;

  constructor(role: MediaRole, { format }: CodecOptions) {
    this.#role = role;
    this.#format = format;
  }

  read(message: WireMessage): readonly MediaEvent[] {
    if (typeof message === 'string')
      throw new JackfieldError('ERR_SYNTAX', `Frames of ${WHAT} must be bytes; got text.`);
    const frame = readProtobuf(message);
    const audio = frame.get(FRAME.audio);
    if (audio instanceof Uint8Array) return [this.#audioOf(readProtobuf(audio))];
    if (this.#role === 'application') return [{ type: 'other', name: nameOf(frame) }];
    if (frame.has(FRAME.interruption)) return [{ type: 'clear' }];
    const [text, words] = [frame.get(FRAME.text), frame.get(FRAME.transcription)];
    if (words instanceof Uint8Array) return [textOf(words, 'caller')];
    if (text instanceof Uint8Array) return [textOf(text, 'agent')];
    return [{ type: 'other', name: nameOf(frame) }];
  }

  cut(): void {
    this.#audio?.bytes.cut();
  }

  #audioOf(fields: ProtobufFields): MediaEvent {
    const bytes = fields.get(AUDIO.audio) ?? new Uint8Array(0);
    if (typeof bytes === 'number')
      throw new JackfieldError('ERR_SYNTAX', `The audio of ${WHAT} must be bytes.`);
    const { sampleRate, channels } = formatOf(
      's16',
      Number(fields.get(AUDIO.sampleRate) ?? this.#format.sampleRate),
      Number(fields.get(AUDIO.channels) ?? this.#format.channels),
      WHAT,
    );
    if (this.#audio?.channels !== channels)
      this.#audio = { channels, bytes: new AudioBytes('s16', channels) };
    return { type: 'audio', samples: this.#audio.bytes.push(bytes), sampleRate, channels };
  }

  write(event: MediaEvent): readonly WireMessage[] {
    if (event.type === 'audio') {
      const { samples, sampleRate, channels } = event;
      const audio = writeProtobuf([
        [AUDIO.audio, encodeAudio(samples, 's16')],
        [AUDIO.sampleRate, sampleRate],
        [AUDIO.channels, channels],
      ]);
      return [writeProtobuf([[FRAME.audio, audio]])];
    }
    if (this.#role === 'provider') return [];
    if (event.type === 'clear') return [writeProtobuf([[FRAME.interruption, new Uint8Array(0)]])];
    if (event.type !== 'text') return [];
    const text = writeProtobuf([[TEXT.text, Buffer.from(event.text)]]);
    return [writeProtobuf([[event.by === 'caller' ? FRAME.transcription : FRAME.text, text]])];
  }
}

function textOf(bytes: Uint8Array, by: 'caller' | 'agent'): MediaEvent {
  const text = readProtobuf(bytes).get(TEXT.text);
  const words = text instanceof Uint8Array ? Buffer.from(text).toString('utf8') : '';
  return { type: 'text', text: words, by, final: true };
}

function nameOf(frame: ProtobufFields): string {
  const [field] = frame.keys();
  return Object.keys(FRAME).find((name) => FRAME[name as keyof typeof FRAME] === field) ?? `frame ${field}`;
}
