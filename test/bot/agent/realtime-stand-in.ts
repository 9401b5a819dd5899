import type { WebSocket } from 'ws';
import { jsonOf } from './stand-in.js';

type Fields = Readonly<Record<string, unknown>>;
const fieldsOf = (value: unknown) => Object(value) as Fields;

/** Something that was said: how much of it was sent, and where the client says that it was cut. */
interface SaidItem {
  bytes: number;
  heardMs?: number;
}

/**
 * The server's side of OpenAI's Realtime API, 24 kHz, written after its documentation and not after our code. It keeps
 * what it is told, and notes each message that the real service would refuse.
 */
export class RealtimeStandIn {
  /** Types of the client's messages in their order, without its audio. */
  readonly types: string[] = [];
  readonly messages: Fields[] = [];
  /** Breaches of the protocol by the client. */
  readonly faults: string[] = [];
  readonly items = new Map<string, SaidItem>();
  readonly outputs = new Map<string, string>();
  /** Told of each message. */
  onMessage: (type: string, message: Fields) => void = () => undefined;
  heardBytes = 0;
  #socket: WebSocket | undefined;
  #isEarlier = false;
  #response: string | undefined;
  #count = 0;
  readonly #calls = new Set<string>();

  serve(socket: WebSocket): void {
    this.#socket = socket;
    this.send({ type: 'session.created', session: { object: 'realtime.session' } });
    socket.on('message', (data, isBinary) => {
      if (isBinary) this.faults.push('bytes');
      else this.#take(jsonOf(data));
    });
  }

  get isResponding(): boolean {
    return this.#response !== undefined;
  }

  /** Begins an answer, as after `response.create`, or when the caller has spoken. */
  begin(): void {
    this.#response = `resp_${++this.#count}`;
    this.send({ type: 'response.created', response: { id: this.#response, status: 'in_progress' } });
  }

  /** Says a piece of an item, cut as is asked for. */
  say(item: string, samples: Int16Array, cutBytes = 4800): void {
    const bytes = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
    const said = this.items.get(item) ?? { bytes: 0 };
    this.items.set(item, said);
    said.bytes += bytes.length;
    const type = this.#isEarlier ? 'response.audio.delta' : 'response.output_audio.delta';
    for (let at = 0; at < bytes.length; at += cutBytes) {
      const delta = bytes.subarray(at, at + cutBytes).toString('base64');
      const place = { response_id: this.#response, output_index: 0, content_index: 0 };
      this.send({ type, event_id: `event_${++this.#count}`, ...place, item_id: item, delta });
    }
  }

  /** Uses a tool; the call's identity is its name with a number. */
  call(name: string, input: unknown): string {
    const call_id = `call_${name}_${++this.#count}`;
    this.#calls.add(call_id);
    const item = { type: 'function_call', call_id, name, arguments: JSON.stringify(input) };
    this.send({ type: 'response.output_item.done', response_id: this.#response, item });
    return call_id;
  }

  done(status = 'completed'): void {
    this.send({ type: 'response.done', response: { id: this.#response, status } });
    this.#response = undefined;
  }

  /** The caller has begun to speak: the server ends its answer itself. */
  interrupt(): void {
    this.send({ type: 'input_audio_buffer.speech_started', audio_start_ms: 0, item_id: 'caller_1' });
    if (this.isResponding) this.done('cancelled');
  }

  send(message: Fields): void {
    this.#socket?.send(JSON.stringify(message));
  }

  raw(text: string | Uint8Array): void {
    this.#socket?.send(text);
  }

  close(code: number): void {
    this.#socket?.close(code);
  }

  terminate(): void {
    this.#socket?.terminate();
  }

  #take(message: Fields): void {
    const type = String(message['type']);
    if (type === 'input_audio_buffer.append') this.#hear(String(message['audio']));
    else {
      this.types.push(type);
      this.messages.push(message);
      this.#read(type, message);
      this.onMessage(type, message);
    }
  }

  #hear(audio: string): void {
    if (this.types[0] !== 'session.update') this.#refuse('audio before the session');
    const bytes = Buffer.from(audio, 'base64');
    if (bytes.toString('base64') !== audio || bytes.length % 2 !== 0) this.#refuse('audio');
    this.heardBytes += bytes.length;
  }

  #read(type: string, message: Fields): void {
    if (type === 'session.update') this.#readSession(fieldsOf(message['session']));
    else if (type === 'conversation.item.truncate') this.#truncate(message);
    else if (type === 'conversation.item.create') this.#readItem(fieldsOf(message['item']));
    else if (type === 'response.create') {
      if (this.isResponding) this.#refuse('conversation_already_has_active_response');
    } else if (type === 'response.cancel') {
      if (this.isResponding) this.done('cancelled');
      else this.#refuse('response_cancel_not_active');
    } else this.#refuse(`unknown ${type}`);
  }

  #readSession(session: Fields): void {
    const audio = fieldsOf(session['audio']);
    const formats = ['input', 'output'].map((side) => fieldsOf(fieldsOf(audio[side])['format']));
    this.#isEarlier = session['input_audio_format'] !== undefined;
    const isCurrent = formats.every(({ type, rate }) => type === 'audio/pcm' && rate === 24_000);
    const isEarlier = session['input_audio_format'] === 'pcm16' && session['output_audio_format'] === 'pcm16';
    if (this.#isEarlier ? !isEarlier : !isCurrent || session['type'] !== 'realtime') this.#refuse('session');
    this.send({ type: 'session.updated', session });
  }

  #truncate({ item_id, content_index, audio_end_ms }: Fields): void {
    const item = this.items.get(String(item_id));
    const isWhole = Number.isInteger(audio_end_ms) && content_index === 0;
    if (!item || !isWhole || Number(audio_end_ms) > item.bytes / 48) {
      this.#refuse('truncate');
      return;
    }
    item.heardMs = Number(audio_end_ms);
    this.send({ type: 'conversation.item.truncated', item_id, content_index, audio_end_ms });
  }

  #readItem({ type, call_id, output, role }: Fields): void {
    if (type === 'message' && role === 'user') return;
    if (type === 'function_call_output' && this.#calls.delete(String(call_id)))
      this.outputs.set(String(call_id), String(output));
    else this.#refuse('item');
  }

  #refuse(fault: string): void {
    this.faults.push(fault);
    this.send({ type: 'error', error: { type: 'invalid_request_error', code: fault, message: fault } });
  }
}
