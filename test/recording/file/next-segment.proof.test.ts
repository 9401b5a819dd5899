import { mkdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import {
  type Exchange,
  type PcmServer,
  type RecordCallOptions,
  recordCall,
  type VirtualClock,
  verifyRecording,
} from '../../../src/index.js';
import { EncoderSlots } from '../../../src/recording/file/encoder-slots.js';
import { callEcho, onRecordingStage } from '../recording-stage.js';

let folder: string;
let clock: VirtualClock;
let exchange: Exchange;
let server: PcmServer;

onRecordingStage((stage) => {
  ({ folder, clock, exchange, server } = stage);
});

async function record(options: Partial<RecordCallOptions>) {
  const call = await callEcho(exchange);
  const file = join(folder, 'call.wav');
  return { call, recording: await recordCall(call, server, { file, clock, ...options }) };
}

it.each(['journal', 'wav', 'reserve'])(
  'a recording whose next file cannot have its %s continues in the current file, and reports it',
  async (what) => {
    const { recording } = await record({ segments: { everyMs: 2000 } });
    const refused: Error[] = [];
    recording.on('segment-refused', (error) => refused.push(error));
    // A folder where the second file has to be, until it was refused once.
    const inTheWay = join(folder, what === 'wav' ? 'call-2.wav' : `call-2.${what}`);
    mkdirSync(inTheWay);
    recording.once('segment-refused', () => void rm(inTheWay, { recursive: true }));
    void clock.run();
    const { segments, error } = await recording.finished;
    expect(error).toBeUndefined();
    expect(refused.length).toBeGreaterThanOrEqual(1);
    const [first, second] = segments;
    expect(first?.sidecar.audio.samples).toBe(16_000 * 2 * (refused.length + 1));
    expect(first?.sidecar.marks).toContainEqual({
      at: 32_000,
      kind: 'note',
      text: expect.stringContaining('No new file could be started here'),
    });
    expect(second?.file).toBe(join(folder, 'call-2.wav'));
    for (const { file } of segments) {
      expect(await verifyRecording(file)).toMatchObject({ ok: true });
    }
  },
);

it('files that wait for an encoder neither delay the recording nor hold descriptors', async () => {
  const encoders = new EncoderSlots(1);
  encoders.tryTake();
  let free: () => void = () => undefined;
  void encoders.run(() => new Promise<void>((resolve) => (free = resolve)));
  const { call, recording } = await record({ segments: { everyMs: 1000 }, outputs: ['flac'], encoders });
  let files = 0;
  recording.on('segment', () => files++);
  const far = new Promise<void>((resolve) =>
    recording.on('progress', ({ positionMs }) => positionMs > 5000 && resolve()),
  );
  void clock.run();
  await far;
  expect(files).toBe(0);
  await call.ended();
  free();
  const { segments } = await recording.finished;
  expect(segments.map(({ sidecar }) => sidecar.segment)).toEqual(segments.map((_, index) => index + 1));
  expect(segments.every(({ sidecar }) => sidecar.outputs?.length === 1)).toBe(true);
});
