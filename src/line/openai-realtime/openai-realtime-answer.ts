import type { JsonFields } from '../dialect/json-fields.js';

type Message = JsonFields & { readonly type: string };

/**
 * Answer of an agent in the Realtime API: `response.created`, then its items one after the other, then `response.done`.
 * Each item is opened before its first content and closed after its last.
 */
export class RealtimeAnswer {
  readonly #isEarlier: boolean;
  #count = 0;
  #response: string | undefined;
  #item: string | undefined;
  #said: JsonFields[] = [];

  constructor(isEarlier: boolean) {
    this.#isEarlier = isEarlier;
  }

  get isRunning(): boolean {
    return this.#response !== undefined;
  }

  /**
   * Makes the messages before the first content of `item`: those that close the item before it, and those that open it.
   */
  open(item: string): readonly Message[] {
    if (this.#item === item) return [];
    const opened = [...this.#begin(), ...this.#close('completed')];
    this.#item = item;
    const shown = { id: item, object: 'realtime.item', type: 'message', status: 'in_progress' };
    return [
      ...opened,
      ...this.#added({ ...shown, role: 'assistant', content: [] }),
      this.#of('response.content_part.added', { part: { type: 'audio', transcript: '' } }),
    ];
  }

  /** Makes a message about the current item, with its place in the answer. */
  of(type: string, body: JsonFields): Message {
    return this.#of(type, body);
  }

  /** Makes the messages of a tool call, which ends the answer. */
  tool(call: { readonly id: string; readonly name: string; readonly input: string }): readonly Message[] {
    const before = [...this.#begin(), ...this.#close('completed')];
    const id = `item_call_${++this.#count}`;
    const item = { id, object: 'realtime.item', type: 'function_call', call_id: call.id, name: call.name };
    const done = { ...item, status: 'completed', arguments: call.input };
    const place = { response_id: this.#response, item_id: id, output_index: this.#said.length };
    const said = { ...place, call_id: call.id, name: call.name, arguments: call.input };
    const added = this.#added({ ...item, status: 'in_progress', arguments: '' });
    this.#said.push(done);
    return [
      ...before,
      ...added,
      { type: 'response.function_call_arguments.done', ...said },
      { type: 'response.output_item.done', ...place, item: done },
      ...this.#itemDone(done),
      ...this.end('completed'),
    ];
  }

  /** Makes the messages that end the answer. Without a current answer, they begin and end an empty one. */
  over(status: 'completed' | 'cancelled'): readonly Message[] {
    return [...this.#begin(), ...this.end(status)];
  }

  /** Makes the messages that end the current answer, if there is one. */
  end(status: 'completed' | 'cancelled'): readonly Message[] {
    if (this.#response === undefined) return [];
    const closed = this.#close(status === 'completed' ? 'completed' : 'incomplete');
    const details = status === 'cancelled' && {
      status_details: { type: 'cancelled', reason: 'turn_detected' },
    };
    const response = {
      id: this.#response,
      object: 'realtime.response',
      status,
      output: this.#said,
      ...details,
    };
    this.#response = undefined;
    return [...closed, { type: 'response.done', response }];
  }

  #begin(): readonly Message[] {
    if (this.#response !== undefined) return [];
    this.#response = `resp_${++this.#count}`;
    this.#said = [];
    const response = { id: this.#response, object: 'realtime.response', status: 'in_progress', output: [] };
    return [{ type: 'response.created', response }];
  }

  #close(status: 'completed' | 'incomplete'): readonly Message[] {
    if (this.#item === undefined) return [];
    const audio = this.#isEarlier ? 'response.audio.done' : 'response.output_audio.done';
    const shown = { id: this.#item, object: 'realtime.item', type: 'message', status, role: 'assistant' };
    const item = { ...shown, content: [{ type: this.#isEarlier ? 'audio' : 'output_audio' }] };
    const messages = [
      this.#of(audio, {}),
      this.#of('response.content_part.done', { part: { type: 'audio' } }),
      this.#of('response.output_item.done', { item }),
      ...this.#itemDone(item),
    ];
    this.#said.push(item);
    this.#item = undefined;
    return messages;
  }

  #added(item: JsonFields): readonly Message[] {
    const type = this.#isEarlier ? 'conversation.item.created' : 'conversation.item.added';
    const place = { response_id: this.#response, output_index: this.#said.length };
    return [
      { type: 'response.output_item.added', ...place, item },
      { type, item },
    ];
  }

  #itemDone(item: JsonFields): readonly Message[] {
    return this.#isEarlier ? [] : [{ type: 'conversation.item.done', item }];
  }

  #of(type: string, body: JsonFields): Message {
    const place = { response_id: this.#response, output_index: this.#said.length, content_index: 0 };
    return { type, item_id: this.#item, ...place, ...body };
  }
}
