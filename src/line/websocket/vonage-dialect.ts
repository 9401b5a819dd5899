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
import type { MediaEvent, MediaFormat, MediaRole, WireMessage } from '../dialect/media-event.js';
import { AudioBytes, encodeAudio } from '../dialect/wire-audio.js';
import { formatOf, readDigit } from './media-streams-codec.js';

const WHAT = 'Vonage';
const CONTENT_TYPE = 'content-type';
const L16 = /^audio\/l16;\s*rate=(\d{4,6})$/;

/** WebSocket endpoint of the Vonage Voice API. */
export const VONAGE: Dialect = {
  name: 'vonage',
  title: 'Vonage Voice API',
  transport: 'websocket',
  subprotocols: [],
  variants: [],
  format: { encoding: 's16', sampleRate: 16_000, channels: 1 },
  rates: { s16: [8000, 16_000, 24_000] },
  stereo: 'none',
  frame: { ms: 20, isExact: true },
  startsByConnecting: false,
  returnsClearedMarks: false,
  says: {
    provider: ['start', 'audio', 'dtmf', 'marked', 'end'],
    application: ['audio', 'mark', 'clear', 'end'],
  },
  notes: {
    start: 'without an identity: the headers of the call control object are the parameters',
    mark: 'as notify, with its name in the payload',
    marked: 'a cleared mark is not returned; the session reports it when it is cleared',
    end: 'by closing',
  },
  codec: (role, options) => new VonageCodec(role, options),
};

class VonageCodec implements MediaCodec {
  readonly #role: MediaRole;
  #format: MediaFormat;
  readonly #audio = new AudioBytes('s16', 1);
  #isStarted: boolean;

  constructor(role: MediaRole, { format }: CodecOptions) {
    this.#role = role;
    this.#format = format;
    this.#isStarted = role === 'provider';
  }

  read(message: WireMessage): readonly MediaEvent[] {
    if (typeof message === 'string') {
      const fields = readJsonMessage(message, WHAT);
      return this.#role === 'provider' ? readAction(fields) : this.#readEvent(fields);
    }
    this.#checkStarted('audio');
    const { sampleRate, channels } = this.#format;
    return [{ type: 'audio', samples: this.#audio.push(message), sampleRate, channels }];
  }

  cut(): void {
    this.#audio.cut();
  }

  write(event: MediaEvent): readonly WireMessage[] {
    if (event.type === 'audio') return [encodeAudio(event.samples, this.#format.encoding)];
    return this.#role === 'provider' ? this.#writeProvider(event) : writeApplication(event);
  }

  #readEvent(fields: JsonFields): readonly MediaEvent[] {
    const name = neededField(textField(fields, 'event'), 'event', WHAT);
    if (name === 'websocket:connected') return [this.#readStart(fields)];
    this.#checkStarted(name.slice(0, 40));
    if (name === 'websocket:dtmf') {
      const durationMs = numberField(fields, 'duration');
      const digit = readDigit(fields, WHAT);
      return [{ type: 'dtmf', digit, ...(durationMs !== undefined && { durationMs }) }];
    }
    const mark = textField(objectField(fields, 'payload'), 'mark');
    if (name === 'websocket:notify' && mark !== undefined)
      return [{ type: 'marked', name: mark, heard: true }];
    return [{ type: 'other', name }];
  }

  #readStart(fields: JsonFields): MediaEvent {
    if (this.#isStarted) throw new JackfieldError('ERR_SYNTAX', `${WHAT} sent websocket:connected twice.`);
    const type = neededField(textField(fields, CONTENT_TYPE), CONTENT_TYPE, WHAT);
    const rate = L16.exec(type)?.[1];
    if (rate === undefined)
      throw new JackfieldError(
        'ERR_UNSUPPORTED',
        `${WHAT} sends the unknown audio type "${type.slice(0, 40)}".`,
      );
    this.#format = formatOf('s16', Number(rate), 1, WHAT);
    this.#isStarted = true;
    const { event, [CONTENT_TYPE]: contentType, ...parameters } = textFields(fields);
    return { type: 'start', id: parameters['uuid'] ?? '', format: this.#format, parameters };
  }

  #checkStarted(name: string): void {
    if (!this.#isStarted)
      throw new JackfieldError('ERR_SYNTAX', `${WHAT}: ${name} arrived before the start.`);
  }

  #writeProvider(event: MediaEvent): readonly WireMessage[] {
    if (event.type === 'start') {
      this.#format = event.format;
      const contentType = `audio/l16;rate=${event.format.sampleRate}`;
      return [
        JSON.stringify({
          // Parameters may come from anywhere. They come first, so that they cannot replace another field.
          ...event.parameters,
          ...(event.id !== '' && { uuid: event.id }),
          ...{ event: 'websocket:connected', [CONTENT_TYPE]: contentType },
        }),
      ];
    }
    if (event.type === 'dtmf')
      return [
        JSON.stringify({ event: 'websocket:dtmf', digit: event.digit, duration: event.durationMs ?? 100 }),
      ];
    return event.type === 'marked' && event.heard !== false
      ? [JSON.stringify({ event: 'websocket:notify', payload: { mark: event.name } })]
      : [];
  }
}

function readAction(fields: JsonFields): readonly MediaEvent[] {
  const name = neededField(textField(fields, 'action'), 'action', WHAT);
  if (name === 'clear') return [{ type: 'clear' }];
  const mark = textField(objectField(fields, 'payload'), 'mark');
  return [name === 'notify' && mark !== undefined ? { type: 'mark', name: mark } : { type: 'other', name }];
}

function writeApplication(event: MediaEvent): readonly WireMessage[] {
  if (event.type === 'clear') return [JSON.stringify({ action: 'clear' })];
  return event.type === 'mark' ? [JSON.stringify({ action: 'notify', payload: { mark: event.name } })] : [];
}
