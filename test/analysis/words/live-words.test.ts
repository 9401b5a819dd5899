import { join } from 'node:path';
import { expect, it } from 'vitest';
import { analyse } from '../../../src/analysis/analyse.js';
import type { AnalyseOptions } from '../../../src/analysis/analyse-options.js';
import { analyseFile } from '../../../src/analysis/files/analyse-file.js';
import { type Exchange, type PcmServer, recordCall, type VirtualClock } from '../../../src/index.js';
import { callEcho, onRecordingStage } from '../../recording/recording-stage.js';
import { murmur } from '../murmur.js';
import { scripted } from './scripted.js';

let folder: string;
let clock: VirtualClock;
let exchange: Exchange;
let server: PcmServer;

onRecordingStage((stage) => {
  ({ folder, clock, exchange, server } = stage);
});

async function analysed(options: AnalyseOptions) {
  const file = join(folder, 'call.wav');
  const recording = await recordCall(await callEcho(exchange), server, { file, clock });
  const analysis = analyse(recording, { maxBufferedMs: 600_000, ...options });
  const events: unknown[] = [];
  const heard = (async () => {
    for await (const event of analysis) events.push(event);
  })();
  recording.voice.player.play(murmur(5, [[1, 3]]));
  await clock.run();
  await recording.finished;
  await heard;
  return { analysis, events, file };
}

const SCRIPT = [
  [
    [
      ['I', 1.2, 1.4],
      ['want', 1.4, 1.8],
      ['a', 1.8, 1.9],
      ['refunt', 1.9, 2.6],
    ],
  ],
  [],
] as const;

it('words and their alerts arrive during the call, and are those of its file', async () => {
  const options = { keywords: [{ phrase: 'refund', name: 'money', edits: 1 }] };
  const { analysis, events, file } = await analysed({ ...options, transcriber: scripted(...SCRIPT) });
  const after: unknown[] = [];
  const report = await analyseFile(file, {
    ...options,
    transcriber: scripted(...SCRIPT),
    onEvent: (event) => after.push(event),
  });
  expect(analysis.report()).toEqual(report);
  const spoken = (all: readonly unknown[]) =>
    all.filter((event) => ['words', 'alert'].includes((event as { type: string }).type));
  expect(spoken(events)).toEqual(spoken(after));
  expect(spoken(events)).toMatchObject([
    { type: 'words', leg: 0, part: { text: 'I want a refunt', from: 1.2 * 16_000 } },
    { type: 'alert', leg: 0, alert: { name: 'money', text: 'refunt', edits: 1, from: 1.9 * 16_000 } },
  ]);
  expect(report.legs[0]).toMatchObject({ words: 4, questions: 0 });
  expect(report.talk.alerts).toHaveLength(1);
});

it('a part that the engine fails on is reported, and the parts after it are transcribed', async () => {
  const broken = {
    name: 'broken',
    async transcribe({ samples }: { samples: AsyncIterable<Int16Array> }) {
      for await (const _ of samples) throw new Error('no model');
      return { text: '' };
    },
  };
  const { analysis, events } = await analysed({ transcriber: broken });
  const failed = events.filter((event) => (event as { type: string }).type === 'transcriber-failed');
  expect(failed).toEqual([
    { type: 'transcriber-failed', leg: 0, reason: 'no model' },
    { type: 'transcriber-failed', leg: 1, reason: 'no model' },
  ]);
  const { legs } = analysis.report();
  expect(legs[0]?.words).toEqual({ notComputable: 'transcriber-failed' });
  expect(legs[0]?.speech.length).toBeGreaterThan(0);
});
