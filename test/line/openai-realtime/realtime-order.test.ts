import { expect, it } from 'vitest';
import { dialectNamed } from '../../../src/line/dialect/dialects.js';
import type { WireMessage } from '../../../src/line/dialect/media-event.js';

const REALTIME = dialectNamed('openai-realtime');
const audio = (item: string) =>
  ({ type: 'audio', samples: new Int16Array(240), sampleRate: 24_000, channels: 1, item }) as const;

/** A talk in which an agent answers in two things, is interrupted, uses a tool and is asked again. */
function talk(variant: 'current' | 'earlier') {
  const given = { format: REALTIME.format, variant };
  const [server, client] = [REALTIME.codec('application', given), REALTIME.codec('provider', given)];
  const sent: Record<string, unknown>[] = [];
  const asked: string[] = [];
  const toClient = (messages: readonly WireMessage[]) => {
    for (const message of messages) {
      sent.push(JSON.parse(String(message)));
      client.read(message);
    }
    for (const message of client.answer?.() ?? []) toServer([message]);
  };
  const toServer = (messages: readonly WireMessage[]) => {
    for (const message of messages) {
      asked.push(String(JSON.parse(String(message))['type']));
      server.read(message);
    }
    toClient(server.answer?.() ?? []);
  };
  toServer(client.write({ type: 'start', id: '', format: REALTIME.format, parameters: {} }));
  for (const item of ['a', 'a', 'b']) toClient(server.write(audio(item)));
  toClient(server.write({ type: 'speech', speaking: true }));
  toServer(client.write({ type: 'heard', item: 'b', ms: 5 }));
  toClient(server.write({ type: 'speech', speaking: false }));
  toClient(server.write({ type: 'tool', id: 'c', name: 'now', input: '{}' }));
  toServer(client.write({ type: 'tool-result', id: 'c', output: 'done' }));
  toClient(server.write(audio('d')));
  return { sent, asked };
}

it.each(['current', 'earlier'] as const)(
  'our side as an agent sends its answers in the order of the interface (%s form)',
  (variant) => {
    const isEarlier = variant === 'earlier';
    const [output, added] = isEarlier
      ? ['response.audio', 'conversation.item.created']
      : ['response.output_audio', 'conversation.item.added'];
    const done = isEarlier ? [] : ['conversation.item.done'];
    const open = ['response.output_item.added', added, 'response.content_part.added'];
    const close = [`${output}.done`, 'response.content_part.done', 'response.output_item.done', ...done];
    const delta = `${output}.delta`;
    const { sent, asked } = talk(variant);
    expect(sent.map(({ type }) => type)).toEqual([
      ...['session.created', 'session.updated'],
      ...['response.created', ...open, delta, delta, ...close, ...open, delta],
      ...['input_audio_buffer.speech_started', ...close, 'response.done', 'conversation.item.truncated'],
      ...['input_audio_buffer.speech_stopped', 'input_audio_buffer.committed'],
      ...['response.created', 'response.output_item.added', added, 'response.function_call_arguments.done'],
      ...['response.output_item.done', ...done, 'response.done'],
      ...[added, ...done],
      ...['response.created', ...open, delta],
    ]);
    // Nothing is asked for while an answer goes on, and nothing is ended that is over.
    expect(asked).toEqual([
      ...['session.update', 'conversation.item.truncate', 'conversation.item.create', 'response.create'],
    ]);
    const answers = sent.filter(({ type }) => type === 'response.done').map(({ response }) => response);
    expect(answers).toMatchObject([
      {
        status: 'cancelled',
        output: [
          { id: 'a', status: 'completed' },
          { id: 'b', status: 'incomplete' },
        ],
      },
      { status: 'completed', output: [{ type: 'function_call', call_id: 'c', arguments: '{}' }] },
    ]);
    expect(new Set(sent.map(({ event_id }) => event_id)).size).toBe(sent.length);
  },
);

it('events of an answer after its end are ignored, and events that name no answer are kept', () => {
  const client = REALTIME.codec('provider', { format: REALTIME.format });
  const read = (type: string, fields: object) =>
    client.read(JSON.stringify({ type, ...fields })).map((event) => event.type);
  const delta = (response_id?: string) => ({ response_id, item_id: 'a', delta: 'AAAA' });
  const item = { type: 'function_call', call_id: 'c', name: 'hang_up', arguments: '{}' };
  const over = { response: { id: 'r1', status: 'completed' } };
  expect(read('response.output_audio.delta', delta())).toEqual(['audio']);
  expect(read('response.output_audio.delta', delta('r1'))).toEqual(['audio']);
  expect(read('response.created', { response: { id: 'r1' } })).toEqual(['other']);
  expect(read('response.done', over)).toEqual(['done']);
  for (const late of ['response.done', 'response.created']) expect(read(late, over)).toEqual(['other']);
  expect(read('response.output_audio.delta', delta('r1'))).toEqual(['other']);
  expect(read('response.output_item.done', { response_id: 'r1', item })).toEqual(['other']);
  // Nothing late keeps the next answer from being asked for.
  const asked = client.write({ type: 'dtmf', digit: '1' }).map((message) => JSON.parse(String(message)).type);
  expect(asked).toEqual(['conversation.item.create', 'response.create']);
  expect(read('response.output_audio.delta', delta('r2'))).toEqual(['audio']);
  const failed = { id: 'r2', status: 'failed', status_details: { error: { message: 'no' } } };
  expect(client.read(JSON.stringify({ type: 'response.done', response: failed }))).toEqual([
    { type: 'error', message: 'no' },
    { type: 'done', whole: false },
  ]);
});
