import { JackfieldError } from '../../base/errors.js';
import type { CodecOptions, Dialect, MediaCodec } from '../dialect/dialect.js';
import {
  type JsonFields,
  longField,
  neededField,
  numberField,
  objectField,
  readJsonMessage,
  textField,
  textFields,
} from '../dialect/json-fields.js';
import type { MediaEvent, MediaFormat, MediaRole, WireMessage } from '../dialect/media-event.js';
import { AudioBytes, encodeAudio, encodeBase64 } from '../dialect/wire-audio.js';
import { formatOf, readDigit } from './media-streams-codec.js';

/** Clock rate of the durations of digits, in Hz. */
const DIGIT_CLOCK = 8000;
const SAYS = {
  provider: ['start', 'audio', 'dtmf', 'marked', 'end'],
  application: ['audio', 'mark', 'clear', 'end'],
} as const;
const NOTES = {
  end: 'from the provider: an empty binary message; from the application: disconnect',
  clear: 'as killAudio and clearMarks',
} as const;
const SHAPE: Pick<
  Dialect,
  | 'transport'
  | 'rates'
  | 'stereo'
  | 'startsByConnecting'
  | 'returnsClearedMarks'
  | 'tellsClearedMarks'
  | 'frame'
  | 'says'
> = {
  transport: 'websocket',
  rates: { s16: [8000, 16_000, 24_000, 32_000, 48_000, 64_000] },
  stereo: 'channels',
  startsByConnecting: false,
  returnsClearedMarks: true,
  tellsClearedMarks: true,
  frame: { ms: 20, isExact: false },
  says: SAYS,
};

/** FreeSWITCH's mod_audio_fork. */
export const AUDIO_FORK: Dialect = {
  ...SHAPE,
  name: 'audio-fork',
  title: 'FreeSWITCH mod_audio_fork',
  subprotocols: ['audio.drachtio.org'],
  variants: ['play-audio', 'streaming'],
  format: { encoding: 's16', sampleRate: 8000, channels: 1 },
  notes: {
    ...NOTES,
    start: 'the metadata of the command, if any; the sample rate is the one of the command',
    audio: 'to FreeSWITCH as playAudio, or as bytes when bidirectional streaming is on',
  },
  codec: (role, options) => new AudioForkCodec('mod_audio_fork', role, options),
};

/** The `listen` verb of jambonz. */
export const JAMBONZ: Dialect = {
  ...SHAPE,
  name: 'jambonz',
  title: 'jambonz listen',
  subprotocols: ['audio.jambonz.org'],
  variants: ['streaming', 'play-audio'],
  format: { encoding: 's16', sampleRate: 16_000, channels: 1 },
  notes: {
    ...NOTES,
    dtmf: 'only with passDtmf',
    audio: 'to jambonz as bytes with bidirectionalAudio.streaming, else as playAudio',
  },
  codec: (role, options) => new AudioForkCodec('jambonz', role, options),
};

class AudioForkCodec implements MediaCodec {
  readonly #what: string;
  readonly #role: MediaRole;
  readonly #isStreaming: boolean;
  #format: MediaFormat;
  #audio: AudioBytes;
  #isStarted: boolean;

  constructor(what: 'mod_audio_fork' | 'jambonz', role: MediaRole, { format, variant }: CodecOptions) {
    this.#what = what;
    this.#role = role;
    this.#isStreaming = variant === undefined ? what === 'jambonz' : variant === 'streaming';
    this.#format = format;
    // Audio to the provider is mono.
    this.#audio = new AudioBytes('s16', role === 'provider' ? 1 : format.channels);
    this.#isStarted = role === 'provider';
  }

  read(message: WireMessage): readonly MediaEvent[] {
    if (typeof message !== 'string') return this.#readAudio(message);
    if (this.#role === 'provider') return this.#readCommand(readJsonMessage(message, this.#what));
    if (!this.#isStarted) return [this.#readStart(message)];
    return this.#readEvent(readJsonMessage(message, this.#what));
  }

  cut(): void {
    this.#audio.cut();
  }

  write(event: MediaEvent): readonly WireMessage[] {
    return this.#role === 'provider' ? this.#writeEvent(event) : this.#writeCommand(event);
  }

  #readAudio(message: Uint8Array): readonly MediaEvent[] {
    if (message.length === 0) return this.#role === 'application' ? [{ type: 'end' }] : [];
    // The command that begins the fork may have no metadata.
    const started: MediaEvent[] = this.#isStarted ? [] : [this.#start('', {})];
    const { sampleRate } = this.#format;
    const channels = this.#role === 'provider' ? 1 : this.#format.channels;
    return [...started, { type: 'audio', samples: this.#audio.push(message), sampleRate, channels }];
  }

  #readStart(message: string): MediaEvent {
    if (this.#what !== 'jambonz' && !message.startsWith('{'))
      return this.#start('', { metadata: message.slice(0, 4096) });
    const fields = readJsonMessage(message, this.#what);
    const sampleRate = numberField(fields, 'sampleRate') ?? this.#format.sampleRate;
    const mix = textField(fields, 'mixType');
    const channels = mix === undefined ? this.#format.channels : mix === 'stereo' ? 2 : 1;
    this.#format = formatOf('s16', sampleRate, channels, this.#what);
    this.#audio = new AudioBytes('s16', channels);
    const parties = {
      ...named('from', textField(fields, 'from')),
      ...named('to', textField(fields, 'to')),
    };
    const texts = { ...textFields(objectField(fields, 'customerData')), ...textFields(fields) };
    return { ...this.#start(textField(fields, 'callSid') ?? '', texts), ...parties };
  }

  #start(id: string, parameters: Record<string, string>): Extract<MediaEvent, { type: 'start' }> {
    this.#isStarted = true;
    return { type: 'start', id, format: this.#format, parameters };
  }

  #readEvent(fields: JsonFields): readonly MediaEvent[] {
    const name = textField(fields, 'event') ?? textField(fields, 'type');
    if (name === 'dtmf') {
      const duration = numberField(fields, 'duration');
      const digit = readDigit(fields, this.#what, 'dtmf');
      const durationMs = duration === undefined ? undefined : (duration * 1000) / DIGIT_CLOCK;
      return [{ type: 'dtmf', digit, ...(durationMs !== undefined && { durationMs }) }];
    }
    const data = objectField(fields, 'data');
    const mark = textField(data, 'name');
    if (name === 'mark' && mark !== undefined)
      return [{ type: 'marked', name: mark, heard: textField(data, 'event') !== 'cleared' }];
    return [{ type: 'other', name: neededField(name, 'type', this.#what) }];
  }

  #readCommand(fields: JsonFields): readonly MediaEvent[] {
    const name = neededField(textField(fields, 'type'), 'type', this.#what);
    const data = objectField(fields, 'data');
    if (name === 'playAudio') return [this.#readPlayAudio(data)];
    if (name === 'killAudio') return [{ type: 'clear' }];
    if (name === 'disconnect') return [{ type: 'end' }];
    const mark = textField(data, 'name');
    return [name === 'mark' && mark !== undefined ? { type: 'mark', name: mark } : { type: 'other', name }];
  }

  #readPlayAudio(data: JsonFields | undefined): MediaEvent {
    const type = textField(data, 'audioContentType') ?? 'raw';
    if (type !== 'raw')
      throw new JackfieldError(
        'ERR_UNSUPPORTED',
        `${this.#what}: playAudio of "${type.slice(0, 40)}"; send "raw".`,
      );
    const content = neededField(longField(data, 'audioContent'), 'audioContent', this.#what);
    const sampleRate = numberField(data, 'sampleRate') ?? this.#format.sampleRate;
    const format = formatOf('s16', sampleRate, 1, this.#what);
    // Each playAudio is a piece of its own.
    const samples = new AudioBytes('s16', 1).pushBase64(content, this.#what);
    return { type: 'audio', samples, sampleRate: format.sampleRate, channels: 1 };
  }

  #writeEvent(event: MediaEvent): readonly WireMessage[] {
    if (event.type === 'audio') return [encodeAudio(event.samples, 's16')];
    if (event.type === 'end') return [new Uint8Array(0)];
    if (event.type === 'start') {
      this.#format = event.format;
      const { id, from, to, format, parameters } = event;
      const mixType = format.channels === 2 ? 'stereo' : 'mono';
      const start = { callSid: id, from, to, sampleRate: format.sampleRate, mixType };
      // Parameters may come from anywhere, so they have a field of their own and cannot replace another one.
      const given = Object.keys(parameters).length > 0 && { customerData: parameters };
      return [JSON.stringify({ ...start, ...given })];
    }
    if (event.type === 'dtmf') {
      const duration = String(((event.durationMs ?? 100) * DIGIT_CLOCK) / 1000);
      return [JSON.stringify({ event: 'dtmf', dtmf: event.digit, duration })];
    }
    if (event.type !== 'marked') return [];
    const data = { name: event.name, event: event.heard === false ? 'cleared' : 'playout' };
    return [JSON.stringify({ type: 'mark', data })];
  }

  #writeCommand(event: MediaEvent): readonly WireMessage[] {
    const said = (type: string, data?: JsonFields) => JSON.stringify({ type, ...(data && { data }) });
    if (event.type === 'clear') return [said('killAudio'), said('clearMarks')];
    if (event.type === 'mark') return [said('mark', { name: event.name })];
    if (event.type === 'end') return [said('disconnect')];
    if (event.type !== 'audio') return [];
    if (this.#isStreaming) return [encodeAudio(event.samples, 's16')];
    const { samples, sampleRate } = event;
    const audioContent = encodeBase64(samples, 's16');
    return [said('playAudio', { audioContentType: 'raw', sampleRate, audioContent, queuePlay: true })];
  }
}

function named(name: string, value: string | undefined): JsonFields {
  return value === undefined ? {} : { [name]: value };
}
