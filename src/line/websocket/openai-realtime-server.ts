import { JackfieldError } from '../../base/errors.js';
import type { CodecOptions, MediaCodec } from '../dialect/dialect.js';
import {
  type JsonFields,
  longField,
  needed,
  numberField,
  objectField,
  readJson,
  textField,
} from '../dialect/json-fields.js';
import type { MediaEvent, MediaFormat, WireMessage } from '../dialect/media-event.js';
import { decodeBase64, encodeBase64 } from '../dialect/wire-audio.js';
import { formatIn, keyOf, REALTIME } from './openai-realtime-session.js';

/** The agent's side of the Realtime API: for agents of one's own that its clients are to reach, and for tests. */
export class RealtimeServerCodec implements MediaCodec {
  readonly #isEarlier: boolean;
  #format: MediaFormat;
  #isStarted = false;
  #item = 'item_0';
  #answers: readonly string[] = [];

  constructor({ format, variant }: CodecOptions) {
    this.#isEarlier = variant === 'earlier';
    this.#format = format;
  }

  read(message: WireMessage): readonly MediaEvent[] {
    if (typeof message !== 'string')
      throw new JackfieldError('ERR_SYNTAX', `Messages of ${REALTIME} are texts; bytes came.`);
    const fields = readJson(message, REALTIME);
    const type = needed(textField(fields, 'type'), 'type', REALTIME);
    if (type === 'session.update') return this.#readStart(fields);
    if (!this.#isStarted)
      throw new JackfieldError('ERR_SYNTAX', `${REALTIME}: session.update has to come first.`);
    if (type === 'input_audio_buffer.append') {
      const audio = needed(longField(fields, 'audio'), 'audio', REALTIME);
      const { encoding, sampleRate } = this.#format;
      return [{ type: 'audio', samples: decodeBase64(audio, encoding, REALTIME), sampleRate, channels: 1 }];
    }
    if (type === 'conversation.item.truncate') {
      const item = needed(textField(fields, 'item_id'), 'item_id', REALTIME);
      return [
        { type: 'heard', item, ms: needed(numberField(fields, 'audio_end_ms'), 'audio_end_ms', REALTIME) },
      ];
    }
    if (type === 'conversation.item.create') return [itemOf(objectField(fields, 'item'))];
    return [{ type: 'other', name: type }];
  }

  write(event: MediaEvent): readonly WireMessage[] {
    const output = this.#isEarlier ? 'response' : 'response.output';
    const audio = this.#isEarlier ? `${output}.audio` : `${output}_audio`;
    switch (event.type) {
      case 'audio':
        this.#item = event.item ?? this.#item;
        return this.#said(`${audio}.delta`, { delta: encodeBase64(event.samples, this.#format.encoding) });
      case 'speech':
        return this.#said(`input_audio_buffer.speech_${event.speaking ? 'started' : 'stopped'}`);
      case 'text':
        if (event.by === 'caller')
          return this.#said('conversation.item.input_audio_transcription.completed', {
            transcript: event.text,
          });
        return event.final
          ? this.#said(`${audio}_transcript.done`, { transcript: event.text })
          : this.#said(`${audio}_transcript.delta`, { delta: event.text });
      case 'tool':
        return this.#said('response.output_item.done', {
          item: { type: 'function_call', call_id: event.id, name: event.name, arguments: event.input },
        });
      case 'error':
        return this.#said('error', { error: { type: 'server_error', message: event.message } });
      default:
        return [];
    }
  }

  answer(): readonly WireMessage[] {
    const answers = this.#answers;
    this.#answers = [];
    return answers;
  }

  #readStart(fields: JsonFields): readonly MediaEvent[] {
    if (this.#isStarted) return [{ type: 'other', name: 'session.update' }];
    const session = objectField(fields, 'session');
    const input = formatIn(session, 'input') ?? this.#format;
    const output = formatIn(session, 'output') ?? input;
    if (input.encoding !== output.encoding || input.sampleRate !== output.sampleRate)
      throw new JackfieldError(
        'ERR_UNSUPPORTED',
        `${REALTIME}: audio in and out must be of one format here.`,
      );
    this.#isStarted = true;
    this.#format = input;
    this.#answers = ['session.created', 'session.updated'].map((type) => JSON.stringify({ type, session }));
    return [{ type: 'start', id: '', format: this.#format, parameters: {} }];
  }

  #said(type: string, body: JsonFields = {}): readonly string[] {
    return [JSON.stringify({ type, item_id: this.#item, ...body })];
  }
}

function itemOf(item: JsonFields | undefined): MediaEvent {
  if (textField(item, 'type') === 'function_call_output') {
    const id = needed(textField(item, 'call_id'), 'call_id', REALTIME);
    return { type: 'tool-result', id, output: longField(item, 'output') ?? '' };
  }
  const content = item?.['content'];
  const first: unknown = Array.isArray(content) ? content[0] : undefined;
  const text = textField(Object(first) as JsonFields, 'text') ?? '';
  const digit = keyOf(text);
  return digit === undefined ? { type: 'other', name: 'message' } : { type: 'dtmf', digit };
}
