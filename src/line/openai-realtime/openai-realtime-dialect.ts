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
} from '../dialect/json-fields.js';
import type { MediaEvent, MediaFormat, WireMessage } from '../dialect/media-event.js';
import { AudioBytes, encodeBase64 } from '../dialect/wire-audio.js';
import { RealtimeServerCodec } from './openai-realtime-server.js';
import { formatIn, keyMessage, REALTIME, sessionUpdate } from './openai-realtime-session.js';
import { RealtimeTurns } from './openai-realtime-turns.js';

/** OpenAI's Realtime API, and the API of agents that were made after it. */
export const OPENAI_REALTIME: Dialect = {
  name: 'openai-realtime',
  title: 'OpenAI Realtime and compatible agents',
  transport: 'websocket',
  subprotocols: [],
  variants: ['current', 'earlier'],
  headersOf: (variant) => (variant === 'earlier' ? { 'OpenAI-Beta': 'realtime=v1' } : {}),
  format: { encoding: 's16', sampleRate: 24_000, channels: 1 },
  rates: { s16: [8000, 16_000, 24_000, 48_000], mulaw: [8000], alaw: [8000] },
  // The earlier version cannot tell the rate.
  ratesOf: { earlier: { s16: [24_000], mulaw: [8000], alaw: [8000] } },
  stereo: 'none',
  frame: { ms: 20, isExact: false },
  startsByConnecting: false,
  returnsClearedMarks: false,
  says: {
    provider: ['start', 'audio', 'dtmf', 'heard', 'tool-result', 'end'],
    application: ['audio', 'speech', 'text', 'done', 'tool', 'error', 'end'],
  },
  notes: {
    start: 'as session.update: only the audio format, without identity and parameters',
    dtmf: 'as a text message that names the key',
    clear: 'as the start of speech: the player stops and reports how much was heard',
    mark: 'no marks: the amount heard is reported instead',
    heard: 'as conversation.item.truncate',
    done: 'as response.done; messages about a finished response are dropped',
    end: 'by closing',
  },
  codec: (role, options) =>
    role === 'provider' ? new RealtimeClientCodec(options) : new RealtimeServerCodec(options),
};

class RealtimeClientCodec implements MediaCodec {
  readonly #options: CodecOptions;
  readonly #turns = new RealtimeTurns();
  /** Format of the audio of the agent. It may differ from the one that was asked for. */
  #output: MediaFormat;
  /** Current item, the index of its audio part, and the decoder of its bytes, which may be cut anywhere. */
  #said: { readonly item: string | undefined; readonly part: number; readonly bytes: AudioBytes } | undefined;

  constructor(options: CodecOptions) {
    this.#options = options;
    this.#output = options.format;
  }

  read(message: WireMessage): readonly MediaEvent[] {
    if (typeof message !== 'string')
      throw new JackfieldError('ERR_SYNTAX', `Messages of ${REALTIME} must be text; got bytes.`);
    const fields = readJsonMessage(message, REALTIME);
    const type = neededField(textField(fields, 'type'), 'type', REALTIME);
    const response = answerOf(fields);
    if (this.#turns.isOver(response)) return [{ type: 'other', name: type }];
    this.#turns.read(type, response);
    switch (type) {
      case 'session.updated':
        this.#readSession(objectField(fields, 'session'));
        return [{ type: 'other', name: type }];
      case 'response.output_audio.delta':
      case 'response.audio.delta':
        return [this.#audioOf(fields)];
      case 'input_audio_buffer.speech_started':
      case 'input_audio_buffer.speech_stopped':
        return [{ type: 'speech', speaking: type.endsWith('started') }];
      case 'response.output_audio_transcript.delta':
      case 'response.audio_transcript.delta':
      case 'response.output_text.delta':
      case 'response.text.delta':
        return [said(longField(fields, 'delta'), 'agent', false)];
      case 'response.output_audio_transcript.done':
      case 'response.audio_transcript.done':
        return [said(longField(fields, 'transcript'), 'agent', true)];
      case 'response.output_text.done':
      case 'response.text.done':
        return [said(longField(fields, 'text'), 'agent', true)];
      case 'conversation.item.input_audio_transcription.completed':
        return [said(longField(fields, 'transcript'), 'caller', true)];
      case 'response.output_item.done':
        return [this.#toolOf(objectField(fields, 'item')) ?? { type: 'other', name: type }];
      case 'response.done':
        return endOf(objectField(fields, 'response'));
      case 'error':
        return [errorOf(objectField(fields, 'error'))];
      default:
        return [{ type: 'other', name: type }];
    }
  }

  write(event: MediaEvent): readonly WireMessage[] {
    return this.#write(event).map((message) => JSON.stringify(message));
  }

  answer(): readonly WireMessage[] {
    return this.#turns.ask().map((message) => JSON.stringify(message));
  }

  #write(event: MediaEvent): readonly JsonFields[] {
    const { encoding } = this.#options.format;
    switch (event.type) {
      case 'start':
        return [sessionUpdate(this.#options)];
      case 'audio':
        return [{ type: 'input_audio_buffer.append', audio: encodeBase64(event.samples, encoding) }];
      case 'heard':
        return [...this.#turns.cancel(), this.#truncate(event.item, event.ms)];
      case 'dtmf':
        this.#turns.wants();
        return [created(keyMessage(event.digit)), ...this.#turns.ask()];
      case 'tool-result': {
        const { id, output } = event;
        this.#turns.wants(id);
        return [created({ type: 'function_call_output', call_id: id, output }), ...this.#turns.ask()];
      }
      default:
        return [];
    }
  }

  /** Makes the message by which the agent forgets the audio that was not heard. */
  #truncate(item: string, ms: number): JsonFields {
    const part = this.#said?.item === item ? this.#said.part : 0;
    const end = { content_index: part, audio_end_ms: Math.floor(ms) };
    return { type: 'conversation.item.truncate', item_id: item, ...end };
  }

  /**
   * Reads the formats of a session.
   *
   * @throws ERR_UNSUPPORTED for an agent that expects another format than it is sent.
   */
  #readSession(session: JsonFields | undefined): void {
    const { format } = this.#options;
    const input = formatIn(session, 'input') ?? format;
    if (input.encoding !== format.encoding || input.sampleRate !== format.sampleRate)
      throw new JackfieldError(
        'ERR_UNSUPPORTED',
        `${REALTIME} expects ${input.encoding} at ${input.sampleRate} Hz; got ${format.encoding} at ${format.sampleRate} Hz.`,
      );
    this.#output = formatIn(session, 'output') ?? this.#output;
  }

  #audioOf(fields: JsonFields): MediaEvent {
    const { encoding, sampleRate } = this.#output;
    const delta = neededField(longField(fields, 'delta'), 'delta', REALTIME);
    const item = textField(fields, 'item_id');
    const part = numberField(fields, 'content_index') ?? 0;
    if (!this.#said || this.#said.item !== item || this.#said.part !== part)
      this.#said = { item, part, bytes: new AudioBytes(encoding, 1) };
    const samples = this.#said.bytes.pushBase64(delta, REALTIME);
    return { type: 'audio', samples, sampleRate, channels: 1, ...(item !== undefined && { item }) };
  }

  #toolOf(item: JsonFields | undefined): MediaEvent | undefined {
    if (textField(item, 'type') !== 'function_call') return undefined;
    const id = neededField(textField(item, 'call_id'), 'call_id', REALTIME);
    this.#turns.uses(id);
    const name = neededField(textField(item, 'name'), 'name', REALTIME);
    return { type: 'tool', id, name, input: longField(item, 'arguments') ?? '{}' };
  }
}

function created(item: JsonFields): JsonFields {
  return { type: 'conversation.item.create', item };
}

function said(text: string | undefined, by: 'caller' | 'agent', final: boolean): MediaEvent {
  return { type: 'text', text: text ?? '', by, final };
}

/** Returns the answer that a message names; undefined when it names none. */
function answerOf(fields: JsonFields): string | undefined {
  return textField(fields, 'response_id') ?? textField(objectField(fields, 'response'), 'id');
}

function endOf(response: JsonFields | undefined): readonly MediaEvent[] {
  const status = textField(response, 'status') ?? 'completed';
  const done: MediaEvent = { type: 'done', whole: status === 'completed' };
  if (status !== 'failed') return [done];
  return [errorOf(objectField(objectField(response, 'status_details'), 'error')), done];
}

function errorOf(error: JsonFields | undefined): MediaEvent {
  const message = textField(error, 'message') ?? textField(error, 'code') ?? 'an error without a text';
  return { type: 'error', message: message.slice(0, 500) };
}
