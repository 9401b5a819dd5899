import { describe, expect, it } from 'vitest';
import {
  type CallSpan,
  CallSpans,
  type FeedEvent,
  otlpRequest,
  type ToldEvent,
} from '../../../src/service.js';

const START = Date.UTC(2026, 0, 1);
const of = { account: 'desk', call: 7 } as const;

/** Spans that have ended after these events, each a second after the one before. */
function spansOf(events: readonly ToldEvent[], spans: CallSpan[] = []): CallSpan[] {
  const made = new CallSpans({ end: (span) => spans.push(span) });
  for (const [index, event] of events.entries()) {
    made.take({ v: 1, at: new Date(START + index * 1000).toISOString(), ...event } as FeedEvent);
  }
  return spans;
}
const shown = ({ name, parent, startMs, endMs, failure }: CallSpan) =>
  [name, parent?.name ?? '-', (startMs - START) / 1000, ((endMs ?? 0) - START) / 1000, failure].filter(
    (each) => each !== undefined,
  );
const state = (status: string, phase: 'placing' | 'talking' | 'held' | 'ended') =>
  ({ type: 'state', ...of, status, phase }) as const;
const stream = (what: 'flowing' | 'closed', port: number) =>
  ({ type: 'stream', ...of, object: 'CALL 7', stream: 'output', what, port }) as const;
const step = (action: 'prompt' | 'gather', what: 'begun' | 'ended') =>
  ({ type: 'step', ...of, action, what, ...(what === 'ended' && { outcome: 'played' }) }) as const;
const called = { type: 'call', ...of, direction: 'in', partner: '+4930901820' } as const;

const DAY: readonly ToldEvent[] = [
  called,
  state('RINGING', 'placing'),
  { type: 'decision', ...of, rule: 'rest', answer: 'greeter' },
  { type: 'bot', ...of, bot: 'greeter', what: 'talking' },
  state('INPROGRESS', 'talking'),
  { type: 'recording', ...of, what: 'begun' },
  stream('flowing', 5000),
  step('prompt', 'begun'),
  step('prompt', 'begun'),
  step('prompt', 'ended'),
  step('prompt', 'ended'),
  step('gather', 'begun'),
  state('LOCALHOLD', 'held'),
  step('gather', 'ended'),
  stream('closed', 5000),
  state('FINISHED', 'ended'),
  { type: 'recording', ...of, what: 'ended' },
  { type: 'recording', ...of, what: 'published', complete: true },
];

describe('spans of a call', () => {
  it('are its ringing, answer, streams, steps, recording and publication, below the span of the call', () => {
    const spans = spansOf(DAY);
    expect(spans.map(shown)).toEqual([
      ['ring', 'call', 1, 4],
      ['prompt', 'call', 7, 9],
      ['prompt', 'call', 8, 10],
      ['gather', 'call', 11, 13],
      ['stream', 'call', 6, 14],
      ['answer', 'call', 4, 15],
      ['call', '-', 0, 15],
      ['recording', 'call', 5, 16],
      ['publication', 'call', 16, 17],
    ]);
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
    expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(spans.length);
    const call = spans.find(({ name }) => name === 'call');
    expect(Object.fromEntries(call?.attributes ?? [])).toEqual({
      'jackfield.account': 'desk',
      'jackfield.call': 7,
      'jackfield.direction': 'in',
      'jackfield.rule': 'rest',
      'jackfield.answer': 'greeter',
      'jackfield.bot': 'greeter',
      'jackfield.status': 'FINISHED',
    });
    expect(JSON.stringify(otlpRequest(spans, { serviceName: 'x', version: '1' }))).not.toContain('0901820');
  });

  it('end with the call, also those left open, and name the failure', () => {
    const spans = spansOf([
      ...DAY.slice(0, 12),
      { type: 'failure', ...of, where: 'recorder', reason: 'the disk of anna', code: 'ERR_FILE' },
      state('FAILED', 'ended'),
    ]);
    expect(spans.map(shown).slice(-4)).toEqual([
      ['answer', 'call', 4, 13],
      ['stream', 'call', 6, 13],
      ['gather', 'call', 11, 13],
      ['call', '-', 0, 13, 'ERR_FILE'],
    ]);
  });

  it('are separate for each call, end when its number is reused, and are limited for calls that never end', () => {
    const spans: CallSpan[] = [];
    spansOf([called, { ...called, account: 'night' }, called], spans);
    expect(spans.map(shown)).toEqual([['call', '-', 0, 2]]);
    spansOf(
      Array.from({ length: 10_005 }, (_, call) => ({ ...called, call })),
      spans,
    );
    expect(spans).toHaveLength(1 + 5);
  });

  it('are not made for events without a call, or of an unknown call', () => {
    expect(spansOf([...DAY.slice(1), { type: 'service', what: 'ready' }])).toEqual([]);
  });
});
