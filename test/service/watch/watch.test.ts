import { mkdtemp, readFile, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../src/base/time/clock.js';
import { EventFeed } from '../../../src/service/feed/event-feed.js';
import type { FeedEvent } from '../../../src/service/feed/feed-event.js';
import { eventLine, FeedLog } from '../../../src/service/watch/feed-log.js';
import { FeedMetrics } from '../../../src/service/watch/feed-metrics.js';
import { maskNumbers } from '../../../src/service/watch/mask-numbers.js';
import { until } from '../../turns.js';

const called = { type: 'call', account: 'alice', call: 7, direction: 'in', partner: '+4930901820' } as const;

let folder: string;
let feed: EventFeed;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jackfield-'));
  feed = new EventFeed(new VirtualClock(Date.UTC(2026, 0, 1)));
});
afterEach(() => rm(folder, { recursive: true }));

describe('a log', () => {
  const lines = async (name: string) => (await readFile(join(folder, name), 'utf8')).trim().split('\n');

  it('writes events as JSON for its owner only, and speech only at level debug', async () => {
    const file = join(folder, 'feed.log');
    const log = new FeedLog(feed, { file });
    feed.tell(called);
    feed.tell({ type: 'transcript', call: 7, by: 'bot', text: 'says the PIN' });
    feed.tell({ type: 'digit', call: 7, digit: '4' });
    feed.failed('a place', new Error('why'));
    await log[Symbol.asyncDispose]();
    const events = (await lines('feed.log')).map((line) => JSON.parse(line));
    expect(events).toMatchObject([
      { level: 30, at: '2026-01-01T00:00:00.000Z', ...called },
      { level: 50, type: 'failure', reason: 'why' },
    ]);
    if (process.platform !== 'win32') expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it('continues in a new file when its own was moved away', async () => {
    const file = join(folder, 'feed.log');
    const log = new FeedLog(feed, { file, format: 'text', maskNumbers: true });
    const written = async (name: string) => {
      await until(async () => (await readFile(join(folder, name), 'utf8').catch(() => '')) !== '');
    };
    feed.tell(called);
    await written('feed.log');
    await rename(file, `${file}.1`);
    log.reopen();
    feed.tell({ ...called, call: 8 });
    await log[Symbol.asyncDispose]();
    expect(await lines('feed.log.1')).toEqual([
      '2026-01-01 00:00:00Z alice call 7 call direction="in" partner="+*******820"',
    ]);
    expect(await lines('feed.log')).toEqual([expect.stringContaining('call 8')]);
  });

  it('reports a file that cannot be written', () => {
    expect(() => new FeedLog(feed, { file: join(folder, 'no', 'such', 'folder.log') })).toThrow(
      expect.objectContaining({ code: 'ERR_FILE', message: expect.stringContaining('folder.log') }),
    );
  });

  it.skipIf(process.platform !== 'linux')(
    'counts lines that a full disk refuses, and continues',
    async () => {
      const log = new FeedLog(feed, { file: '/dev/full' });
      feed.tell(called);
      await until(() => log.lost > 0);
      feed.tell(called);
      await log[Symbol.asyncDispose]();
      expect(log.lost).toBeGreaterThan(0);
    },
  );
});

describe('masked numbers', () => {
  const masked = (partner: string) => maskNumbers({ v: 1, at: '2026-01-01T00:00:00Z', ...called, partner });

  it.each([
    ['+4930901820', '+*******820'],
    ['+49 (30) 901-820', '+** (**) ***-820'],
    ['alice.1985', 'alice.1985'],
    ['live:0049309018200', 'live:**********200'],
    ['112', '112'],
  ])('%s becomes %s', (partner, expected) => {
    expect(masked(partner)).toMatchObject({ partner: expected });
  });

  it('hides pressed digits, and keeps dates and times in paths', () => {
    const head = { v: 1, at: '2026-01-01T00:00:00Z', call: 1 } as const;
    expect(maskNumbers({ ...head, type: 'digit', digit: '4' })).toMatchObject({ digit: '*' });
    const file = '/srv/2026-01-01/120001-+4930901820-1f.wav';
    expect(maskNumbers({ ...head, type: 'recording', what: 'published', file })).toMatchObject({
      file: '/srv/2026-01-01/120001-+*******820-1f.wav',
    });
  });

  it('writes any name on one line', () => {
    const event: FeedEvent = { v: 1, at: '2026-01-01T00:00:00Z', ...called, partner: 'x\n"y' };
    expect(eventLine(event)).toContain('partner="x\\n\\"y"');
  });
});

describe('metrics', () => {
  it('count the events of the feed, and show the current state', async () => {
    const stop = new AbortController();
    const metrics = new FeedMetrics(
      feed,
      {
        calls: () => new Map([['alice', 3]]),
        recordings: () => 2,
        endpoints: () => new Map([['desk', false]]),
      },
      stop.signal,
    );
    const state = { type: 'state', account: 'alice', call: 7, phase: 'ended' } as const;
    feed.tell(called);
    feed.tell({ ...state, status: 'FINISHED' });
    for (const status of ['A1', 'A2', 'constructor']) feed.tell({ ...state, status });
    feed.tell({ type: 'recording', what: 'published', complete: false });
    feed.tell({ type: 'loss', where: 'remote leg', ms: 1500 });
    feed.tell({ type: 'endpoint', endpoint: 'desk', what: 'lost' });
    await turn();
    const { text } = await metrics.text();
    stop.abort();
    expect(text.split('\n')).toEqual(
      expect.arrayContaining([
        'jackfield_calls_total{account="alice",direction="in"} 1',
        'jackfield_call_ends_total{account="alice",status="FINISHED"} 1',
        'jackfield_call_ends_total{account="alice",status="other"} 3',
        'jackfield_recordings_incomplete_total 1',
        'jackfield_loss_seconds_total 1.5',
        'jackfield_endpoint_losses_total{endpoint="desk"} 1',
        'jackfield_calls_active{account="alice"} 3',
        'jackfield_recordings_active 2',
        'jackfield_endpoint_up{endpoint="desk"} 0',
        'jackfield_feed_dropped{reader="metrics"} 0',
      ]),
    );
  });
});

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
