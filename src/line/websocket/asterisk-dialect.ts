import { entryOf } from '../../base/entry-of.js';
import { JackfieldError } from '../../base/errors.js';
import type { CodecOptions, Dialect, MediaCodec } from '../dialect/dialect.js';
import {
  type JsonFields,
  neededField,
  objectField,
  readJsonMessage,
  textField,
  textFields,
} from '../dialect/json-fields.js';
import type { MediaEvent, MediaFormat, MediaRole, WireMessage } from '../dialect/media-event.js';
import { AudioBytes, encodeAudio, sampleBytes } from '../dialect/wire-audio.js';
import { readDigit } from './media-streams-codec.js';

const WHAT = "Asterisk's chan_websocket";
/** Longest message, in bytes. Asterisk hangs up on a longer one. */
const MAX_BYTES = 65_500;

/** Rates of `slin`, in Hz. */
const SLIN_RATES = [8000, 12_000, 16_000, 24_000, 32_000, 44_100, 48_000, 96_000, 192_000];

/** Formats by their names in Asterisk. */
const FORMATS: Readonly<Record<string, MediaFormat>> = {
  ulaw: { encoding: 'mulaw', sampleRate: 8000, channels: 1 },
  alaw: { encoding: 'alaw', sampleRate: 8000, channels: 1 },
  ...Object.fromEntries(
    SLIN_RATES.map((sampleRate) => [
      `slin${sampleRate === 8000 ? '' : Math.floor(sampleRate / 1000)}`,
      { encoding: 's16', sampleRate, channels: 1 } as const,
    ]),
  ),
};

/** WebSocket channel of Asterisk. Control messages are JSON, or lines of text as before 20.18, 22.8 and 23.2. */
export const ASTERISK: Dialect = {
  name: 'asterisk',
  title: 'Asterisk chan_websocket',
  transport: 'websocket',
  subprotocols: ['media'],
  variants: ['json', 'plain-text'],
  format: { encoding: 's16', sampleRate: 16_000, channels: 1 },
  rates: { s16: SLIN_RATES, mulaw: [8000], alaw: [8000] },
  stereo: 'none',
  frame: { ms: 20, isExact: false },
  startsByConnecting: false,
  returnsClearedMarks: false,
  says: {
    provider: ['start', 'audio', 'dtmf', 'marked', 'flow', 'end'],
    application: ['audio', 'mark', 'clear', 'answer', 'end'],
  },
  notes: {
    start: 'channel variables only in the JSON form',
    dtmf: 'without a duration',
    marked: 'a flushed mark is not returned; the session reports it when it is cleared',
    flow: 'XOFF above about 900 waiting frames, XON below 800',
    end: 'from Asterisk: by closing the connection',
  },
  codec: (role, options) => new AsteriskCodec(role, options),
};

class AsteriskCodec implements MediaCodec {
  readonly #role: MediaRole;
  /** True to write control messages as lines of text; undefined until the first message of the other end decides it. */
  #isPlain: boolean | undefined;
  #format: MediaFormat;
  #audio: AudioBytes;
  #isStarted: boolean;
  #channel = '';

  constructor(role: MediaRole, { format, variant }: CodecOptions) {
    this.#role = role;
    this.#isPlain = variant === undefined && role === 'application' ? undefined : variant === 'plain-text';
    this.#format = format;
    this.#audio = new AudioBytes(format.encoding, format.channels);
    this.#isStarted = role === 'provider';
  }

  read(message: WireMessage): readonly MediaEvent[] {
    if (typeof message !== 'string') return this.#readAudio(message);
    // Both forms are understood, because the configuration of the server decides which one it uses.
    const isJson = message.startsWith('{');
    const fields = isJson ? readJsonMessage(message, WHAT) : fieldsOfLine(message);
    // The other end is answered in the form that it uses.
    this.#isPlain ??= !isJson;
    return this.#role === 'provider' ? readCommand(fields) : this.#readEvent(fields);
  }

  cut(): void {
    this.#audio.cut();
  }

  write(event: MediaEvent): readonly WireMessage[] {
    if (event.type === 'audio') return this.#writeAudio(event.samples);
    return this.#role === 'provider' ? this.#writeEvent(event) : this.#writeCommand(event);
  }

  #readAudio(message: Uint8Array): readonly MediaEvent[] {
    if (!this.#isStarted)
      throw new JackfieldError('ERR_SYNTAX', `${WHAT}: audio arrived before MEDIA_START.`);
    if (message.length > MAX_BYTES)
      throw new JackfieldError(
        'ERR_LIMIT',
        `${WHAT}: a message of ${message.length} bytes; at most ${MAX_BYTES} are allowed.`,
      );
    const { sampleRate, channels } = this.#format;
    return [{ type: 'audio', samples: this.#audio.push(message), sampleRate, channels }];
  }

  #readEvent(fields: JsonFields): readonly MediaEvent[] {
    const name = neededField(textField(fields, 'event'), 'event', WHAT);
    if (name === 'MEDIA_START') return [this.#readStart(fields)];
    if (!this.#isStarted)
      throw new JackfieldError('ERR_SYNTAX', `${WHAT}: "${name.slice(0, 40)}" arrived before MEDIA_START.`);
    this.#checkChannel(fields);
    if (name === 'DTMF_END') return [{ type: 'dtmf', digit: readDigit(fields, WHAT) }];
    if (name === 'MEDIA_XOFF' || name === 'MEDIA_XON') return [{ type: 'flow', on: name === 'MEDIA_XON' }];
    const mark = textField(fields, 'correlation_id');
    if (name === 'MEDIA_MARK_PROCESSED' && mark !== undefined)
      return [{ type: 'marked', name: mark, heard: true }];
    return [{ type: 'other', name }];
  }

  #readStart(fields: JsonFields): MediaEvent {
    if (this.#isStarted) throw new JackfieldError('ERR_SYNTAX', `${WHAT} sent MEDIA_START twice.`);
    const name = textField(fields, 'format');
    // Versions before 22.7 do not tell the format.
    const format = name === undefined ? this.#format : entryOf(FORMATS, name);
    if (!format) throw new JackfieldError('ERR_UNSUPPORTED', `${WHAT} sends "${name?.slice(0, 40)}".`);
    this.#isStarted = true;
    this.#format = format;
    this.#audio = new AudioBytes(format.encoding, format.channels);
    const id = neededField(textField(fields, 'connection_id'), 'connection_id', WHAT);
    const { channel = '', channel_id = '' } = textFields(fields);
    this.#channel = channel_id;
    const variables = textFields(objectField(fields, 'channel_variables'));
    return { type: 'start', id, format, parameters: { ...variables, channel, channel_id } };
  }

  /** Refuses an event of another channel. Lines of text do not name a channel. */
  #checkChannel(fields: JsonFields): void {
    const given = textField(fields, 'channel_id');
    if (given === undefined || this.#channel === '' || given === this.#channel) return;
    throw new JackfieldError('ERR_SYNTAX', `${WHAT}: an event names a channel other than MEDIA_START.`);
  }

  #writeEvent(event: MediaEvent): readonly WireMessage[] {
    if (event.type === 'start') return [this.#writeStart(event)];
    if (event.type === 'dtmf') return [this.#message('DTMF_END', { digit: event.digit })];
    if (event.type === 'flow') return [this.#message(event.on ? 'MEDIA_XON' : 'MEDIA_XOFF', {})];
    return event.type === 'marked' && event.heard !== false
      ? [this.#message('MEDIA_MARK_PROCESSED', { correlation_id: event.name })]
      : [];
  }

  #writeStart({ id, format, parameters }: Extract<MediaEvent, { type: 'start' }>): string {
    this.#format = format;
    this.#channel = id;
    this.#audio = new AudioBytes(format.encoding, format.channels);
    return this.#message('MEDIA_START', {
      ...{ connection_id: id, channel: `WebSocket/${id}`, format: nameOf(format) },
      optimal_frame_size: (format.sampleRate / 50) * sampleBytes(format.encoding),
      ptime: 20,
      ...(!this.#isPlain && { channel_variables: parameters }),
    });
  }

  #message(event: string, fields: JsonFields): string {
    if (!this.#isPlain) return JSON.stringify({ event, channel_id: this.#channel, ...fields });
    return [event, ...Object.entries(fields).map(([name, value]) => `${name}:${oneWord(value)}`)].join(' ');
  }

  #writeCommand(event: MediaEvent): readonly WireMessage[] {
    if (event.type === 'answer') return [this.#command('ANSWER')];
    if (event.type === 'end') return [this.#command('HANGUP')];
    if (event.type === 'clear') return [this.#command('FLUSH_MEDIA')];
    return event.type === 'mark' ? [this.#command('MARK_MEDIA', event.name)] : [];
  }

  #command(command: string, id?: string): string {
    if (this.#isPlain) return id === undefined ? command : `${command} ${oneWord(id)}`;
    return JSON.stringify({ command, ...(id !== undefined && { correlation_id: id }) });
  }

  #writeAudio(samples: Int16Array): readonly Uint8Array[] {
    const bytes = encodeAudio(samples, this.#format.encoding);
    const messages: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; at += MAX_BYTES) messages.push(bytes.subarray(at, at + MAX_BYTES));
    return messages;
  }
}

function readCommand(fields: JsonFields): readonly MediaEvent[] {
  const name = neededField(textField(fields, 'command') ?? textField(fields, 'event'), 'command', WHAT);
  const id = textField(fields, 'correlation_id');
  if (name === 'ANSWER') return [{ type: 'answer' }];
  if (name === 'HANGUP') return [{ type: 'end' }];
  if (name === 'FLUSH_MEDIA') return [{ type: 'clear' }];
  return [name === 'MARK_MEDIA' ? { type: 'mark', name: id ?? '' } : { type: 'other', name }];
}

/** Reads a line such as `MEDIA_START connection_id:abc format:ulaw`, or `MARK_MEDIA abc`. */
function fieldsOfLine(line: string): JsonFields {
  const [event = '', ...words] = line.trim().split(/\s+/, 100);
  const fields = words.map((word): [string, string] => {
    const colon = word.indexOf(':');
    return colon < 0 ? ['correlation_id', word] : [word.slice(0, colon), word.slice(colon + 1)];
  });
  return Object.fromEntries([...fields, ['event', event]]);
}

function nameOf(format: MediaFormat): string {
  const [name] =
    Object.entries(FORMATS).find(
      ([, { encoding, sampleRate, channels }]) =>
        encoding === format.encoding && sampleRate === format.sampleRate && channels === format.channels,
    ) ?? [];
  if (name === undefined)
    throw new JackfieldError(
      'ERR_UNSUPPORTED',
      `${WHAT} does not support ${format.encoding} at ${format.sampleRate} Hz with ${format.channels} channels.`,
    );
  return name;
}

function oneWord(value: unknown): string {
  return String(value).replace(/\s+/g, '_');
}
