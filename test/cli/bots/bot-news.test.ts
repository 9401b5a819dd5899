import { describe, expect, it } from 'vitest';
import { botLine } from '../../../src/cli/bots/bot-news.js';
import type { ToldEvent } from '../../../src/service/feed/feed-event.js';

const of = { account: 'jack', call: 5 };
const lineOf = (event: ToldEvent) => botLine({ v: 1, at: '2027-03-01T09:00:00.000Z', ...event }, 3);

describe('the lines that a running bot prints', () => {
  it.each<[ToldEvent, string, object]>([
    [
      { type: 'bot', ...of, bot: 'menu', what: 'talking', partner: 'ann' },
      'ann',
      { event: 'talking', partner: 'ann' },
    ],
    [
      { type: 'bot', ...of, bot: 'menu', what: 'failed', reason: 'no voice' },
      'failed, no voice',
      { event: 'result', outcome: 'failed', error: 'no voice' },
    ],
    [
      { type: 'bot', ...of, bot: '', what: 'refused' },
      'refused: 3 calls are in progress',
      { event: 'refused' },
    ],
    [
      { type: 'loss', ...of, where: 'output of CALL 5', ms: 40 },
      '40 ms of voice lost: output of CALL 5',
      { event: 'loss', ms: 40 },
    ],
    [
      { type: 'failure', where: 'pcm server', reason: 'full', code: 'ERR_LIMIT' },
      'failed: pcm server: full [ERR_LIMIT]',
      { event: 'failed', code: 'ERR_LIMIT' },
    ],
    [{ type: 'dropped', events: 7 }, '7 lines dropped: standard output was not read in time', { events: 7 }],
  ])('report %o', (event, text, fields) => {
    const line = lineOf(event);
    expect(line?.text).toBe(text);
    expect(line?.fields).toMatchObject(fields);
  });

  it('leave out speech and digits', () => {
    expect(lineOf({ type: 'transcript', ...of, by: 'bot', text: 'hello' })).toBeUndefined();
    expect(lineOf({ type: 'digit', ...of, digit: '1' })).toBeUndefined();
  });
});
