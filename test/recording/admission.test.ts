import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type Exchange, PcmServer, recordCall, type VirtualClock, verifyRecording } from '../../src/index.js';
import { callEcho, onRecordingStage } from './recording-stage.js';

let folder: string;
let clock: VirtualClock;
let exchange: Exchange;

onRecordingStage((stage) => {
  ({ folder, clock, exchange } = stage);
});

it('of several calls at once those within the limit are recorded with both legs, and the others leave no files', async () => {
  await using server = new PcmServer({ maxLeases: 5 });
  const calls = await Promise.all(Array.from({ length: 5 }, () => callEcho(exchange)));
  const options = { clock, input: false } as const;
  const begun = await Promise.allSettled(
    calls.map((call, index) => recordCall(call, server, { ...options, file: join(folder, `${index}.wav`) })),
  );
  const refused = begun.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
  expect(refused.map(({ code }) => code)).toEqual(['ERR_LIMIT', 'ERR_LIMIT', 'ERR_LIMIT']);
  const recordings = begun.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  expect(recordings.every(({ voice }) => voice.microphone)).toBe(true);
  // Places that were set aside are free again.
  await recordings[0]?.stop();
  await recordings[0]?.voice.close();
  const late = await recordCall(calls[4] ?? expect.fail(), server, {
    ...options,
    file: join(folder, 'late.wav'),
  });
  void clock.run();
  for (const { file, error } of [await late.finished, await (recordings[1] ?? expect.fail()).finished]) {
    expect(error).toBeUndefined();
    expect(await verifyRecording(file)).toMatchObject({ ok: true });
  }
  expect(readdirSync(folder).filter((name) => name.endsWith('.wav'))).toHaveLength(3);
});
