import { expect, it } from 'vitest';
import { analyseFile } from '../../../src/analysis/files/analyse-file.js';
import type { AnalysedCall } from '../../../src/recording/recorder/analyse-recorded.js';
import { EventFeed } from '../../../src/service/feed/event-feed.js';
import type { FeedEvent } from '../../../src/service/feed/feed-event.js';
import { FeedSources } from '../../../src/service/feed/feed-sources.js';
import { FeedMetrics } from '../../../src/service/watch/feed-metrics.js';
import { clock, onRecorderStage, recordedCall, start } from './recorder-stage.js';

onRecorderStage();

it('a recorder analyses its calls, and the feed gives the result to all of its readers', async () => {
  const on = await start({ clock, analyse: { deadAirMs: 1000, maxBufferedMs: 600_000 } });
  const feed = new EventFeed();
  const stop = new AbortController();
  const nothing = { calls: () => new Map(), recordings: () => 0, endpoints: () => new Map() };
  const metrics = new FeedMetrics(feed, nothing, stop.signal);
  const told: FeedEvent[] = [];
  void feed.each({ name: 'test', signal: stop.signal }, (event) => void told.push(event));
  // One that reads nothing keeps nobody from anything.
  feed.read({ name: 'stuck', limit: 1 });
  new FeedSources(feed).recorder(on);
  const heard: string[] = [];
  on.on('heard', (_recording, { type }) => heard.push(type));
  const analysed = new Promise<AnalysedCall>((resolve) => on.on('analysed', (_, call) => resolve(call)));
  const segment = await recordedCall(on);
  const { report, dropped } = await analysed;
  expect(dropped).toBe(0);
  expect(report).toEqual(await analyseFile(segment.file, { deadAirMs: 1000 }));
  expect(heard).toEqual(expect.arrayContaining(['speech-began', 'speech-ended', 'level']));
  feed.close();
  stop.abort();
  const notices = told.filter((event) => event.type === 'analysis');
  expect(notices.map(({ what }) => what)).toContain('speech-began');
  const { figures } = notices.at(-1) ?? {};
  expect(figures).toMatchObject({
    durationMs: report.durationMs,
    deadAirMs: report.talk.deadAirMs,
    droppedMs: 0,
  });
  const { text } = await metrics.text();
  expect(text).toContain('jackfield_analysed_calls_total 1\n');
});

it('invalid options of an analysis are refused by name', async () => {
  await expect(start({ analyse: { deadAirMs: 1 } })).rejects.toMatchObject({
    code: 'ERR_INVALID_ARG',
    message: expect.stringContaining('analyse.deadAirMs'),
  });
});
