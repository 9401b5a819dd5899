import { join } from 'node:path';
import { expect, it } from 'vitest';
import { analyse } from '../../src/analysis/analyse.js';
import { analyseFile } from '../../src/analysis/files/analyse-file.js';
import { type Exchange, type PcmServer, recordCall, type VirtualClock } from '../../src/index.js';
import { readSidecar } from '../../src/recording/read-details.js';
import { callEcho, onRecordingStage } from '../recording/recording-stage.js';
import { murmur } from './murmur.js';

let folder: string;
let clock: VirtualClock;
let exchange: Exchange;
let server: PcmServer;

onRecordingStage((stage) => {
  ({ folder, clock, exchange, server } = stage);
});

it('the analysis of a recorded call has the figures of its file, and its events arrive during the call', async () => {
  const recording = await recordCall(await callEcho(exchange), server, {
    file: join(folder, 'call.wav'),
    clock,
  });
  const analysis = analyse(recording, { deadAirMs: 2000, maxBufferedMs: 600_000 });
  const events: unknown[] = [];
  let whileItWent = 0;
  let isOver = false;
  const heard = (async () => {
    for await (const event of analysis) {
      events.push(event);
      if (!isOver) whileItWent++;
    }
  })();
  recording.voice.player.play(
    murmur(9, [
      [1, 3],
      [5, 7],
    ]),
  );
  await clock.run();
  const { file, sidecarFile } = await recording.finished;
  isOver = true;
  await heard;
  const { legs } = await readSidecar(sidecarFile);
  const told: unknown[] = [];
  const report = await analyseFile(file, { deadAirMs: 2000, onEvent: (event) => told.push(event) });
  expect(analysis.stats.dropped).toBe(0);
  expect(legs.local.ledger.missing).toBe(0);
  expect(analysis.report()).toEqual(report);
  expect(events).toEqual(told);
  expect(whileItWent).toBeGreaterThan(0);
  expect(report.legs[0]?.speech.length).toBeGreaterThan(0);
});

it('an analysis whose reader leaves its loop gives up its tap, and the recording goes on', async () => {
  const recording = await recordCall(await callEcho(exchange), server, {
    file: join(folder, 'call.wav'),
    clock,
  });
  const analysis = analyse(recording);
  const left = (async () => {
    for await (const _event of analysis) break;
  })();
  recording.voice.player.play(murmur(6, [[1, 4]]));
  await clock.run();
  await left;
  expect(await recording.finished).toMatchObject({ error: undefined });
  expect(analysis.report().samples).toBeLessThan(16_000 * 6);
  expect(() => analyse(recording)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_STATE' }));
});

it('an analysis that nobody reads drops samples, and the recording is complete', async () => {
  const recording = await recordCall(await callEcho(exchange), server, {
    file: join(folder, 'call.wav'),
    clock,
  });
  const stuck = analyse(recording, { maxBufferedMs: 20 });
  recording.voice.player.play(murmur(6, [[1, 4]]));
  await clock.run();
  const { sidecarFile } = await recording.finished;
  const { audio, complete } = await readSidecar(sidecarFile);
  expect(complete).toBe(true);
  expect(audio.samples).toBeGreaterThan(16_000 * 5);
  expect(stuck.stats.dropped).toBeGreaterThan(16_000 * 5);
  expect(stuck.report().samples).toBe(0);
});

it('samples that an analysis could not keep up with are reported as missing', async () => {
  const chunk = (position: number) => ({
    position,
    local: new Int16Array(1600),
    remote: new Int16Array(1600),
  });
  const chunks = [chunk(3200), chunk(4800), chunk(9600)].values();
  const tap = {
    stats: {},
    next: async () => {
      const { done, value } = chunks.next();
      return done ? { done, value: undefined } : { done: false, value };
    },
  };
  const analysis = analyse({ legs: () => tap as never });
  for await (const _event of analysis);
  const { samples, legs } = analysis.report();
  expect(samples).toBe(8000);
  expect(legs.map(({ missingMs }) => missingMs)).toEqual([200, 200]);
});

it('an analysis has the quality of the lines of a call that measure it', async () => {
  const facts = { codec: 'PCMA', packets: 10, lost: 0, late: 0, duplicates: 0, jitterMs: 1, lossPercent: 0 };
  const line = {
    ...facts,
    burstRatio: 1,
    delayMs: 20,
    scale: 'narrowband',
    r: 93.2,
    mos: 4.4,
    basis: 'G.107',
  } as const;
  const tap = { stats: {}, next: async () => ({ done: true, value: undefined }) };
  const analysis = analyse({
    legs: () => tap as never,
    quality: (leg) => (leg === 'remote' ? line : undefined),
  });
  for await (const _event of analysis);
  const [local, remote] = analysis.report().legs;
  expect(local?.quality).toEqual({ notComputable: 'no-packets' });
  expect(remote?.quality).toMatchObject({ r: 93.2, mos: 4.4 });
});

it('an argument without legs is refused', () => {
  expect(() => analyse({} as never)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG' }));
});
