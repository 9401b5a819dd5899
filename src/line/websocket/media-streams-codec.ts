import { entryOf } from '../../base/entry-of.js';
import { JackfieldError } from '../../base/errors.js';
import type { CodecOptions, MediaCodec } from '../dialect/dialect.js';
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
import type {
  MediaAudio,
  MediaEvent,
  MediaFormat,
  MediaRole,
  MediaTrack,
  WireMessage,
} from '../dialect/media-event.js';
import { AudioBytes, encodeBase64, KNOWN_RATES } from '../dialect/wire-audio.js';
import { ChunkOrder } from './chunk-order.js';
import { UsualMedia } from './usual-media.js';

/** Names of the same fields with each provider of "media streams". */
export interface StreamNames {
  readonly what: string;
  readonly id: string;
  readonly sequence: string;
  readonly mediaFormat: string;
  readonly sampleRate: string;
  readonly callId: string;
  readonly parameters: string;
  readonly encodings: Readonly<Record<string, MediaFormat['encoding']>>;
  /** First message. */
  readonly connected: JsonFields;
  /** Further fields that `start` has to have. */
  readonly start: JsonFields;
  /** True when the application names the stream in each message. */
  readonly isNamedByApplication: boolean;
  /** True when audio may come in any order. */
  readonly isUnordered: boolean;
  /** True when the provider sends errors. */
  readonly hasErrors: boolean;
  /** Track in a message of a digit: `inbound_track` or `inbound`. */
  readonly dtmfTrack?: string;
}

/** Codec of JSON messages with audio in base64: Twilio Media Streams, and protocols that were made after it. */
export class MediaStreamsCodec implements MediaCodec {
  readonly #names: StreamNames;
  readonly #role: MediaRole;
  #format: MediaFormat;
  #id: string | undefined;
  #sequence = 0;
  readonly #chunks: Record<MediaTrack, { chunk: number; samples: number }> = {
    inbound: { chunk: 0, samples: 0 },
    outbound: { chunk: 0, samples: 0 },
  };
  /** Beginning of a message of audio to the provider, up to the audio. */
  #mediaHead: string | undefined;
  #usual: UsualMedia | undefined;
  readonly #order = { inbound: new ChunkOrder<string>(), outbound: new ChunkOrder<string>() };
  #audio: Readonly<Record<MediaTrack, AudioBytes>>;

  constructor(names: StreamNames, role: MediaRole, options: CodecOptions) {
    this.#names = names;
    this.#role = role;
    this.#format = options.format;
    this.#audio = audioOf(this.#format);
  }

  read(message: WireMessage): readonly MediaEvent[] {
    const { what } = this.#names;
    if (typeof message !== 'string')
      throw new JackfieldError('ERR_SYNTAX', `Messages of ${what} must be text; got bytes.`);
    const usual = this.#usual?.read(message);
    if (usual) return this.#media(usual.payload, usual.track, usual.chunk);
    const fields = readJsonMessage(message, what);
    const name = neededField(textField(fields, 'event'), 'event', what);
    if (name === 'connected') return [];
    if (name === 'start' && this.#role === 'application') return [this.#readStart(fields)];
    if (name === 'error') return [{ type: 'error', message: errorOf(fields) }];
    this.#checkId(fields, name);
    return this.#readEvent(name, fields);
  }

  cut(): void {
    this.#audio.inbound.cut();
    this.#audio.outbound.cut();
  }

  write(event: MediaEvent): readonly WireMessage[] {
    return this.#role === 'provider' ? this.#writeProvider(event) : this.#writeApplication(event);
  }

  #readEvent(name: string, fields: JsonFields): readonly MediaEvent[] {
    const { what } = this.#names;
    const body = objectField(fields, name);
    if (name === 'media') return this.#readMedia(body);
    if (name === 'mark') {
      const mark = neededField(textField(body, 'name'), 'mark.name', what);
      return [{ type: this.#role === 'provider' ? 'mark' : 'marked', name: mark }];
    }
    if (this.#role === 'provider') return [name === 'clear' ? { type: 'clear' } : { type: 'other', name }];
    if (name === 'dtmf') return [{ type: 'dtmf', digit: readDigit(body, what) }];
    return [name === 'stop' ? { type: 'end' } : { type: 'other', name }];
  }

  #readStart(fields: JsonFields): MediaEvent {
    const names = this.#names;
    const body = objectField(fields, 'start');
    if (this.#id !== undefined)
      throw new JackfieldError('ERR_SYNTAX', `${names.what} sent a second start on one connection.`);
    const id = textField(fields, names.id) ?? textField(body, names.id);
    this.#id = neededField(id, names.id, names.what);
    this.#usual = new UsualMedia(names.sequence, [names.id, this.#id]);
    const format = objectField(body, names.mediaFormat);
    const encoding = textField(format, 'encoding') ?? Object.keys(names.encodings)[0] ?? '';
    const known = entryOf(names.encodings, encoding);
    if (!known)
      throw new JackfieldError(
        'ERR_UNSUPPORTED',
        `${names.what} sends the unknown audio encoding "${encoding.slice(0, 40)}".`,
      );
    const sampleRate = numberField(format, names.sampleRate) ?? 8000;
    const channels = numberField(format, 'channels') ?? 1;
    this.#format = formatOf(known, sampleRate, channels, names.what);
    this.#audio = audioOf(this.#format);
    const [from, to] = [textField(body, 'from'), textField(body, 'to')];
    const call = textField(body, names.callId);
    const tracks = tracksOf(body && entryOf(body, 'tracks'));
    return {
      ...{ type: 'start', id: this.#id, format: this.#format },
      ...(tracks.length > 0 && { tracks }),
      ...(from !== undefined && { from }),
      ...(to !== undefined && { to }),
      parameters: {
        ...textFields(objectField(body, names.parameters)),
        ...(call !== undefined && { [names.callId]: call }),
      },
    };
  }

  #readMedia(body: JsonFields | undefined): readonly MediaEvent[] {
    const { what } = this.#names;
    const payload = neededField(longField(body, 'payload'), 'media.payload', what);
    const track = textField(body, 'track')?.startsWith('outbound') ? 'outbound' : 'inbound';
    return this.#media(payload, track, numberField(body, 'chunk'));
  }

  #media(payload: string, track: MediaTrack, chunk: number | undefined): readonly MediaEvent[] {
    const { sampleRate, channels } = this.#format;
    const { what, isUnordered } = this.#names;
    const isOrdered = this.#role === 'provider' || !isUnordered;
    const payloads = isOrdered ? [payload] : this.#order[track].push(chunk, payload);
    return payloads.map((each) => {
      const samples = this.#audio[track].pushBase64(each, what);
      const event: MediaAudio = { type: 'audio', samples, sampleRate, channels };
      return this.#role === 'provider' ? event : { ...event, track };
    });
  }

  /** Refuses a message of another stream. */
  #checkId(fields: JsonFields, name: string): void {
    const { what, id } = this.#names;
    if (this.#id === undefined)
      throw new JackfieldError('ERR_SYNTAX', `${what}: "${name.slice(0, 40)}" arrived before start.`);
    const given = textField(fields, id);
    const mayBeMissing = this.#role === 'provider' && !this.#names.isNamedByApplication;
    if (given === undefined && mayBeMissing) return;
    if (given !== this.#id)
      throw new JackfieldError(
        'ERR_SYNTAX',
        `${what}: a message names a stream other than the one of its start.`,
      );
  }

  #writeProvider(event: MediaEvent): readonly WireMessage[] {
    const names = this.#names;
    if (event.type === 'start') return this.#writeStart(event);
    if (event.type === 'audio') return [this.#writeMedia(event)];
    if (event.type === 'dtmf')
      return [
        this.#message('dtmf', {
          dtmf: { ...(names.dtmfTrack && { track: names.dtmfTrack }), digit: event.digit },
        }),
      ];
    if (event.type === 'marked') return [this.#message('mark', { mark: { name: event.name } })];
    if (event.type === 'error' && names.hasErrors)
      return [this.#message('error', { payload: { title: event.message, detail: event.message } })];
    const stop = { ...names.start, [names.callId]: this.#id };
    return event.type === 'end' ? [this.#message('stop', { stop })] : [];
  }

  #writeStart(event: Extract<MediaEvent, { type: 'start' }>): WireMessage[] {
    const { id, format, from, to, parameters, tracks = ['inbound'] } = event;
    const names = this.#names;
    this.#id = id;
    this.#format = format;
    this.#audio = audioOf(format);
    const [encoding] = Object.entries(names.encodings).find(([, each]) => each === format.encoding) ?? [];
    const start = {
      ...{ [names.id]: id, ...names.start },
      [names.callId]: id,
      ...(from !== undefined && { from }),
      ...(to !== undefined && { to }),
      tracks,
      [names.parameters]: parameters,
      [names.mediaFormat]: {
        encoding,
        [names.sampleRate]: format.sampleRate,
        channels: format.channels,
      },
    };
    return [JSON.stringify(names.connected), this.#message('start', { start })];
  }

  #writeMedia({ samples, position, track = 'inbound' }: MediaAudio): WireMessage {
    const count = this.#chunks[track];
    const { encoding, sampleRate, channels } = this.#format;
    count.samples = position ?? count.samples;
    const timestamp = String(Math.round((count.samples * 1000) / sampleRate));
    count.chunk++;
    count.samples += samples.length / channels;
    const payload = encodeBase64(samples, encoding);
    return this.#message('media', { media: { track, chunk: String(count.chunk), timestamp, payload } });
  }

  #message(event: string, body: JsonFields): string {
    this.#sequence++;
    const { sequence, id } = this.#names;
    return JSON.stringify({ event, [sequence]: String(this.#sequence), [id]: this.#id ?? '', ...body });
  }

  #writeApplication(event: MediaEvent): readonly WireMessage[] {
    const id = this.#names.isNamedByApplication ? { [this.#names.id]: this.#id ?? '' } : {};
    const said = (name: string, body: JsonFields = {}) => [JSON.stringify({ event: name, ...id, ...body })];
    if (event.type === 'audio') {
      // Base64 needs no quoting, and the rest of the message does not change.
      this.#mediaHead ??= JSON.stringify({ event: 'media', ...id, media: { payload: '' } }).slice(
        0,
        -'"}}'.length,
      );
      return [`${this.#mediaHead}${encodeBase64(event.samples, this.#format.encoding)}"}}`];
    }
    if (event.type === 'mark') return said('mark', { mark: { name: event.name } });
    return event.type === 'clear' ? said('clear') : [];
  }
}

function audioOf({ encoding, channels }: MediaFormat): Record<MediaTrack, AudioBytes> {
  return { inbound: new AudioBytes(encoding, channels), outbound: new AudioBytes(encoding, channels) };
}

/** Checks a format that came from outside. @throws ERR_SYNTAX. */
export function formatOf(
  encoding: MediaFormat['encoding'],
  sampleRate: number,
  channels: number,
  what: string,
): MediaFormat {
  if (!KNOWN_RATES.includes(sampleRate) || (channels !== 1 && channels !== 2))
    throw new JackfieldError(
      'ERR_SYNTAX',
      `${what} sends audio of ${sampleRate} Hz and ${channels} channels; expected ${KNOWN_RATES.join(', ')} Hz and 1 or 2.`,
    );
  return { encoding, sampleRate, channels };
}

/** Reads a digit that came from outside. @throws ERR_SYNTAX. */
export function readDigit(fields: JsonFields | undefined, what: string, name = 'digit'): string {
  const digit = neededField(textField(fields, name), name, what).toUpperCase();
  if (!/^[0-9A-D*#]$/.test(digit)) throw new JackfieldError('ERR_SYNTAX', `${what} sent an invalid digit.`);
  return digit;
}

function tracksOf(names: unknown): MediaTrack[] {
  const known: readonly MediaTrack[] = ['inbound', 'outbound'];
  return Array.isArray(names) ? known.filter((each) => names.includes(each)) : [];
}

function errorOf(fields: JsonFields): string {
  const payload = objectField(fields, 'payload');
  return (textField(payload, 'detail') ?? textField(payload, 'title') ?? 'an error').slice(0, 200);
}
