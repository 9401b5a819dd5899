import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import {
  attach,
  Exchange,
  MemoryTransport,
  PcmServer,
  Recorder,
  VirtualClock,
  verifyRecording,
} from '../../../src/index.js';
import type { SegmentResult } from '../../../src/recording/file/segment.js';

it('an output that cannot be made is reported in the sidecar and by failed, and the rest is published', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'jackfield-unmade-'));
  const clock = new VirtualClock(Date.UTC(2026, 0, 2, 3, 4, 5));
  const exchange = await Exchange.start({ clock, patienceMs: 5000 });
  const server = new PcmServer();
  const client = await attach(new MemoryTransport(exchange.endpoint()));
  const recorder = await Recorder.start(client, server, { folder, outputs: ['mp3', 'flac', 'legs'] });
  const failures: string[] = [];
  recorder.on('failed', (error) => failures.push(error.message));
  // Folders where files have to be: that of an encoder, and that of the second leg.
  recorder.on('recording', ({ file }) => {
    for (const ending of ['.mp3', '.remote.wav']) mkdirSync(file.replace(/\.wav$/, ending));
  });
  try {
    const published: Promise<SegmentResult[]> = once(recorder, 'published') as never;
    const begun = once(recorder, 'recording');
    const call = await client.call('echo123');
    await begun;
    void clock.run();
    await call.ended();
    const [{ file, sidecar }] = (await published) as [SegmentResult];
    expect(sidecar.unmade).toEqual(['mp3', 'legs'].map((format) => ({ format, reason: expect.any(String) })));
    expect(sidecar.outputs?.map((output) => output.file)).toEqual([expect.stringMatching(/\.flac$/)]);
    expect(await verifyRecording(file)).toMatchObject({ ok: true });
    await recorder.close();
    // One leg without the other is no output, and is not left where recordings are under way.
    const left = await readdir(join(folder, '.recording'), { withFileTypes: true });
    expect(left.filter((entry) => entry.isFile())).toEqual([]);
    expect(failures).toEqual([expect.stringContaining('The mp3 file was not made')]);
  } finally {
    await recorder.close();
    await client.close();
    await server.close();
    await exchange.close();
    await rm(folder, { recursive: true });
  }
});
