import { entryOf } from '../../base/entry-of.js';
import { JackfieldError } from '../../base/errors.js';
import type { CodecOptions, Dialect, MediaCodec } from '../dialect/dialect.js';
import {
  type JsonFields,
  neededField,
  numberField,
  objectField,
  readJsonMessage,
  textField,
  textFields,
} from '../dialect/json-fields.js';
import {
  type MediaEvent,
  type MediaEventType,
  type MediaFormat,
  type MediaRole,
  TO_APPLICATION,
  TO_PROVIDER,
  type WireEncoding,
  type WireMessage,
} from '../dialect/media-event.js';
import { AudioBytes, encodeAudio, KNOWN_RATES } from '../dialect/wire-audio.js';
import { formatOf, readDigit } from './media-streams-codec.js';

const WHAT = 'the raw dialect';
const ENCODINGS: Readonly<Record<string, WireEncoding>> = {
  s16: 's16',
  s16be: 's16be',
  mulaw: 'mulaw',
  alaw: 'alaw',
};

/** Dialect of this project: audio as bytes, and each other event as a JSON text. Nothing is lost. */
export const RAW: Dialect = {
  name: 'raw',
  title: 'raw PCM over WebSocket, with a JSON header',
  transport: 'websocket',
  subprotocols: [],
  variants: [],
  format: { encoding: 's16', sampleRate: 16_000, channels: 1 },
  rates: { s16: KNOWN_RATES, s16be: KNOWN_RATES, mulaw: KNOWN_RATES, alaw: KNOWN_RATES },
  stereo: 'channels',
  frame: { ms: 20, isExact: false },
  startsByConnecting: false,
  returnsClearedMarks: true,
  tellsClearedMarks: true,
  says: { provider: TO_APPLICATION, application: TO_PROVIDER },
  notes: {},
  codec: (role, options) => new RawCodec(role, options),
};

/** Readers of the messages of each event. Each checks the fields that it needs. */
const READERS: {
  readonly [K in Exclude<MediaEventType, 'audio' | 'start'>]?: (fields: JsonFields) => MediaEvent;
} = {
  dtmf: (fields) => {
    const durationMs = numberField(fields, 'durationMs');
    return { type: 'dtmf', digit: readDigit(fields, WHAT), ...(durationMs !== undefined && { durationMs }) };
  },
  mark: (fields) => ({ type: 'mark', name: text(fields, 'name') }),
  marked: (fields) => ({ type: 'marked', name: text(fields, 'name'), heard: fields['heard'] !== false }),
  clear: () => ({ type: 'clear' }),
  flow: (fields) => ({ type: 'flow', on: fields['on'] === true }),
  answer: () => ({ type: 'answer' }),
  speech: (fields) => ({ type: 'speech', speaking: fields['speaking'] === true }),
  heard: (fields) => ({
    type: 'heard',
    item: text(fields, 'item'),
    ms: neededField(numberField(fields, 'ms'), 'ms', WHAT),
  }),
  text: (fields) => ({
    type: 'text',
    text: text(fields, 'text'),
    by: fields['by'] === 'caller' ? 'caller' : 'agent',
    final: fields['final'] !== false,
  }),
  done: (fields) => ({ type: 'done', whole: fields['whole'] !== false }),
  tool: (fields) => ({
    ...{ type: 'tool', id: text(fields, 'id'), name: text(fields, 'name') },
    input: textField(fields, 'input') ?? '{}',
  }),
  'tool-result': (fields) => ({
    type: 'tool-result',
    id: text(fields, 'id'),
    output: text(fields, 'output'),
  }),
  error: (fields) => ({ type: 'error', message: text(fields, 'message') }),
  end: (fields) => {
    const reason = textField(fields, 'reason');
    return { type: 'end', ...(reason !== undefined && { reason }) };
  },
};

class RawCodec implements MediaCodec {
  readonly #role: MediaRole;
  readonly #known: readonly string[];
  #format: MediaFormat;
  #audio: AudioBytes;
  #isStarted: boolean;
  /** Item of the next audio that is read, and item of the audio that was written last. */
  #read: string | undefined;
  #written: string | undefined;

  constructor(role: MediaRole, { format }: CodecOptions) {
    this.#role = role;
    this.#known = role === 'provider' ? TO_PROVIDER : TO_APPLICATION;
    this.#format = format;
    this.#audio = new AudioBytes(format.encoding, 1);
    this.#isStarted = role === 'provider';
  }

  read(message: WireMessage): readonly MediaEvent[] {
    if (typeof message !== 'string') return [this.#readAudio(message)];
    const fields = readJsonMessage(message, WHAT);
    const type = text(fields, 'type');
    if (type === 'start' && this.#role === 'application') return [this.#readStart(fields)];
    this.#checkStarted();
    if (type === 'item') {
      this.#read = textField(fields, 'item');
      this.#audio.cut();
      return [];
    }
    const reader = this.#known.includes(type)
      ? entryOf<(fields: JsonFields) => MediaEvent>(READERS, type)
      : undefined;
    return [reader ? reader(fields) : { type: 'other', name: type }];
  }

  cut(): void {
    this.#audio.cut();
  }

  write(event: MediaEvent): readonly WireMessage[] {
    const known: readonly string[] = this.#role === 'provider' ? TO_APPLICATION : TO_PROVIDER;
    if (!known.includes(event.type)) return [];
    if (event.type !== 'audio') {
      if (event.type === 'start') this.#format = event.format;
      return [JSON.stringify(event)];
    }
    const bytes = encodeAudio(event.samples, this.#format.encoding);
    if (event.item === this.#written) return [bytes];
    this.#written = event.item;
    return [JSON.stringify({ type: 'item', ...(event.item !== undefined && { item: event.item }) }), bytes];
  }

  #readAudio(message: Uint8Array): MediaEvent {
    this.#checkStarted();
    const { sampleRate } = this.#format;
    // Audio that is played into the call is mono.
    const channels = this.#role === 'provider' ? 1 : this.#format.channels;
    const item = this.#read === undefined ? {} : { item: this.#read };
    return { type: 'audio', samples: this.#audio.push(message), sampleRate, channels, ...item };
  }

  #readStart(fields: JsonFields): MediaEvent {
    if (this.#isStarted) throw new JackfieldError('ERR_SYNTAX', `${WHAT} sent a second start.`);
    const format = neededField(objectField(fields, 'format'), 'format', WHAT);
    const encoding = entryOf(ENCODINGS, textField(format, 'encoding') ?? 's16');
    if (!encoding) throw new JackfieldError('ERR_UNSUPPORTED', `The encoding of ${WHAT} is unknown.`);
    const [rate, channels] = [numberField(format, 'sampleRate'), numberField(format, 'channels')];
    this.#format = formatOf(encoding, neededField(rate, 'sampleRate', WHAT), channels ?? 1, WHAT);
    this.#audio = new AudioBytes(encoding, this.#format.channels);
    this.#isStarted = true;
    const [from, to] = [textField(fields, 'from'), textField(fields, 'to')];
    return {
      ...{ type: 'start', id: textField(fields, 'id') ?? '', format: this.#format },
      ...(from !== undefined && { from }),
      ...(to !== undefined && { to }),
      parameters: textFields(objectField(fields, 'parameters')),
    };
  }

  #checkStarted(): void {
    if (!this.#isStarted) throw new JackfieldError('ERR_SYNTAX', `The start of ${WHAT} must come first.`);
  }
}

function text(fields: JsonFields, name: string): string {
  return neededField(textField(fields, name), name, WHAT);
}
