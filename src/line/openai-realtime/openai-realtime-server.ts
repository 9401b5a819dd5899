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
} from '../dialect/json-fields.js';
import type { MediaEvent, MediaFormat, WireMessage } from '../dialect/media-event.js';
import { AudioBytes, encodeBase64 } from '../dialect/wire-audio.js';
import { RealtimeAnswer } from './openai-realtime-answer.js';
import { formatIn, keyInMessage, REALTIME } from './openai-realtime-session.js';

/** Agent side of the Realtime API, for own agents that clients of the API call, and for tests. */
export class RealtimeServerCodec implements MediaCodec {
  readonly #isEarlier: boolean;
  #format: MediaFormat;
  #audio: AudioBytes;
  #isStarted = false;
  #item = 'item_0';
  readonly #answer: RealtimeAnswer;
  #answers: string[] = [];
  #events = 0;
  /** Number of turns of the caller, and length of the audio that came from it, in ms. */
  #turns = 0;
  #heardMs = 0;

  constructor({ format, variant }: CodecOptions) {
    this.#isEarlier = variant === 'earlier';
    this.#answer = new RealtimeAnswer(this.#isEarlier);
    this.#format = format;
    this.#audio = new AudioBytes(format.encoding, 1);
  }

  read(message: WireMessage): readonly MediaEvent[] {
    if (typeof message !== 'string')
      throw new JackfieldError('ERR_SYNTAX', `Messages of ${REALTIME} must be text; got bytes.`);
    const fields = readJsonMessage(message, REALTIME);
    const type = neededField(textField(fields, 'type'), 'type', REALTIME);
    if (type === 'session.update') return this.#readStart(fields);
    if (!this.#isStarted)
      throw new JackfieldError('ERR_SYNTAX', `${REALTIME}: session.update must come first.`);
    if (type === 'input_audio_buffer.append') {
      const audio = neededField(longField(fields, 'audio'), 'audio', REALTIME);
      const { sampleRate } = this.#format;
      const samples = this.#audio.pushBase64(audio, REALTIME);
      this.#heardMs += (samples.length * 1000) / sampleRate;
      return [{ type: 'audio', samples, sampleRate, channels: 1 }];
    }
    if (type === 'input_audio_buffer.clear') this.#audio.cut();
    if (type === 'conversation.item.truncate') {
      const item = neededField(textField(fields, 'item_id'), 'item_id', REALTIME);
      const ms = neededField(numberField(fields, 'audio_end_ms'), 'audio_end_ms', REALTIME);
      const place = { content_index: numberField(fields, 'content_index') ?? 0, audio_end_ms: ms };
      this.#tell({ type: 'conversation.item.truncated', item_id: item, ...place });
      return [{ type: 'heard', item, ms }];
    }
    if (type === 'conversation.item.create') return [this.#readItem(objectField(fields, 'item'))];
    // A client that asks for another answer, or cancels this one, ends it.
    if (type === 'response.create') this.#tell(...this.#answer.end('completed'));
    if (type === 'response.cancel') this.#tell(...this.#answer.end('cancelled'));
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
        return this.#heard(event.speaking);
      case 'text':
        if (event.by === 'caller') {
          const type = 'conversation.item.input_audio_transcription.completed';
          return this.#written({ type, item_id: this.#turn, content_index: 0, transcript: event.text });
        }
        return event.final
          ? this.#said(`${audio}_transcript.done`, { transcript: event.text })
          : this.#said(`${audio}_transcript.delta`, { delta: event.text });
      case 'tool':
        return this.#written(...this.#answer.tool(event));
      case 'done':
        return this.#written(...this.#answer.over(event.whole ? 'completed' : 'cancelled'));
      case 'error':
        return this.#written({ type: 'error', error: { type: 'server_error', message: event.message } });
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
        `${REALTIME}: input and output audio must have the same format.`,
      );
    this.#isStarted = true;
    this.#format = input;
    this.#audio = new AudioBytes(input.encoding, 1);
    this.#tell({ type: 'session.created', session }, { type: 'session.updated', session });
    return [{ type: 'start', id: '', format: this.#format, parameters: {} }];
  }

  /** Returns the item of the caller in this turn. */
  get #turn(): string {
    return `item_caller_${this.#turns}`;
  }

  /** Makes the messages for the start of speech of the caller, which ends the answer, or for its end. */
  #heard(isSpeaking: boolean): readonly string[] {
    if (isSpeaking) this.#turns++;
    const item_id = this.#turn;
    const type = `input_audio_buffer.speech_${isSpeaking ? 'started' : 'stopped'}`;
    const place = { item_id, [isSpeaking ? 'audio_start_ms' : 'audio_end_ms']: Math.round(this.#heardMs) };
    const next = isSpeaking
      ? this.#answer.end('cancelled')
      : [{ type: 'input_audio_buffer.committed', item_id }];
    return this.#written({ type, ...place }, ...next);
  }

  #readItem(item: JsonFields | undefined): MediaEvent {
    const type = this.#isEarlier ? ['created'] : ['added', 'done'];
    const shown = { id: `item_client_${++this.#events}`, ...item };
    this.#tell(...type.map((each) => ({ type: `conversation.item.${each}`, item: shown })));
    return itemOf(item);
  }

  #tell(...messages: readonly JsonFields[]): void {
    this.#answers.push(...this.#written(...messages));
  }

  /** Makes a message about the current item, after those that open it. */
  #said(type: string, body: JsonFields): readonly string[] {
    const opened = this.#answer.open(this.#item);
    return this.#written(...opened, this.#answer.of(type, body));
  }

  #written(...messages: readonly JsonFields[]): readonly string[] {
    return messages.map((message) => JSON.stringify({ event_id: `event_${++this.#events}`, ...message }));
  }
}

function itemOf(item: JsonFields | undefined): MediaEvent {
  if (textField(item, 'type') === 'function_call_output') {
    const id = neededField(textField(item, 'call_id'), 'call_id', REALTIME);
    return { type: 'tool-result', id, output: longField(item, 'output') ?? '' };
  }
  const content = item?.['content'];
  const first: unknown = Array.isArray(content) ? content[0] : undefined;
  const text = textField(Object(first) as JsonFields, 'text') ?? '';
  const digit = keyInMessage(text);
  return digit === undefined ? { type: 'other', name: 'message' } : { type: 'dtmf', digit };
}
