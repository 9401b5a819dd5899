import { once } from 'node:events';
import fs from 'node:fs';
import { readdir, rm, stat, writeFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type CallRecording,
  type Exchange,
  type PcmServer,
  type RecordCallOptions,
  recordCall,
  recoverRecording,
  type VirtualClock,
  verifyRecording,
} from '../../../src/index.js';
import { findUnfinished, openSealed } from '../../../src/recording.js';
import { callEcho, onRecordingStage } from '../recording-stage.js';
import { canMount, SmallDisk } from './small-disk.js';

let folder: string;
let clock: VirtualClock;
let exchange: Exchange;
let server: PcmServer;

onRecordingStage((stage) => {
  ({ folder, clock, exchange, server } = stage);
});

async function record(file: string, options: Partial<RecordCallOptions> = {}): Promise<CallRecording> {
  const call = await callEcho(exchange);
  return await recordCall(call, server, { file, clock, ...options });
}

/** Descriptors of this process that lead into a folder. */
async function openIn(within: string): Promise<string[]> {
  const found: string[] = [];
  for (const fd of await readdir('/proc/self/fd').catch(() => [])) {
    try {
      const target = fs.readlinkSync(`/proc/self/fd/${fd}`);
      if (target.startsWith(within)) found.push(target);
    } catch {
      // It was that of the folder itself.
    }
  }
  return found;
}

describe('a disk that refuses', () => {
  const { writeSync } = fs;
  const restore = () => {
    fs.writeSync = writeSync;
    syncBuiltinESMExports();
  };
  afterEach(restore);

  /**
   * From the `from`th write of audio on, each ends with `code` as the system call would: all of them, or those that
   * make the file longer.
   */
  function refuse(code: string, from: number, which: 'all' | 'longer'): void {
    let writes = 0;
    fs.writeSync = ((fd: number, bytes: Uint8Array, at: number, length: number, position: number) => {
      const counts = position !== undefined && (which === 'all' || position + length > fs.fstatSync(fd).size);
      if (counts && ++writes >= from) throw Object.assign(new Error(code), { code });
      return writeSync(fd, bytes, at, length, position);
    }) as typeof fs.writeSync;
    syncBuiltinESMExports();
  }

  it.each([1, 2, 30, 31, 32, 33])(
    'to extend files (EDQUOT, write %i) leaves a recording that verifies',
    async (from) => {
      const file = join(folder, 'call.wav');
      const recording = await record(file, { io: 'sync' });
      const heard = once(recording, 'progress');
      await clock.advance(4000);
      await heard;
      refuse('EDQUOT', from, 'longer');
      await clock.run();
      const { sidecar, error } = await recording.finished;
      expect(error).toMatchObject({ code: 'ERR_FILE', message: expect.stringContaining('EDQUOT') });
      expect(sidecar).toMatchObject({ end: 'disk-full', complete: false });
      expect(sidecar.audio.samples).toBeGreaterThan(0);
      expect(await verifyRecording(file)).toMatchObject({ ok: true, findings: [] });
      expect(await openIn(folder)).toEqual([]);
    },
  );

  it.each([40, 41, 42, 43, 57])(
    'everything (EROFS, write %i) leaves a recording that is recovered',
    async (from) => {
      const file = join(folder, 'call.wav');
      const recording = await record(file, { io: 'sync' });
      refuse('EROFS', from, 'all');
      await clock.run();
      const error = await recording.finished.then(
        (result) => result.error,
        (thrown: Error) => thrown,
      );
      expect(error).toMatchObject({ code: 'ERR_FILE', message: expect.stringContaining('EROFS') });
      expect(await openIn(folder)).toEqual([]);
      restore();
      if ((await findUnfinished(folder)).length > 0) await recoverRecording(file);
      expect(await verifyRecording(file)).toMatchObject({ ok: true, findings: [] });
    },
  );
});

describe('a folder that is deleted while a call is recorded', () => {
  it.each([[{}], [{ io: 'sync' as const }]])('is reported at once (%j)', async (options) => {
    const within = join(folder, 'calls');
    const recording = await record(join(within, 'call.wav'), options);
    const told: [number, Error][] = [];
    recording.on('disk-full', (error) => told.push([recording.positionMs, error]));
    await clock.advance(4000);
    const deletedAtMs = recording.positionMs;
    await rm(within, { recursive: true });
    // Time goes on no faster than the disk: what was begun there has ended when as many others have.
    while (told.length === 0 && recording.positionMs < deletedAtMs + 4000) {
      await clock.advance(20);
      for (let turn = 0; turn < 16; turn++) await stat(folder);
    }
    await clock.run();
    await expect(recording.finished).rejects.toMatchObject({ code: 'ERR_FILE' });
    const [atMs = Infinity, error] = told[0] ?? [];
    expect(error).toMatchObject({ code: 'ERR_FILE', message: expect.stringContaining('call.wav') });
    expect(atMs - deletedAtMs).toBeLessThan(2000);
    expect(await openIn(folder)).toEqual([]);
  });

  it('is created again and recorded into when that is configured', async () => {
    const within = join(folder, 'calls');
    const recording = await record(join(within, 'call.wav'), { onDiskFull: 'resume' });
    await clock.advance(4000);
    await rm(within, { recursive: true });
    await clock.run();
    const { segments } = await recording.finished;
    expect(segments.map(({ sidecar }) => sidecar.end)).toEqual(['call-ended']);
    expect(await verifyRecording(join(within, 'call-2.wav'))).toMatchObject({ ok: true });
    expect((await readdir(within)).sort()).toEqual(['call-2.json', 'call-2.manifest.json', 'call-2.wav']);
  });
});

describe.skipIf(!canMount())('a full disk (skipped where no tmpfs can be mounted)', () => {
  const ballast = (disk: SmallDisk, bytes: number) =>
    writeFile(join(disk.folder, 'ballast'), Buffer.alloc(bytes));

  it('costs an encrypted recording only what did not fit', async () => {
    using disk = await SmallDisk.mount('1500k', join(folder, 'disk'));
    const identity = await generateIdentity();
    const recording = await record(join(disk.folder, 'call.wav'), {
      encryptTo: [await identityToRecipient(identity)],
    });
    const full: Error[] = [];
    recording.on('disk-full', (error) => full.push(error));
    await clock.run();
    const { sidecar, error, file } = await recording.finished;
    expect(full).toHaveLength(1);
    expect(error).toMatchObject({ message: expect.stringContaining('disk is full') });
    expect(sidecar).toMatchObject({ end: 'disk-full', complete: false });
    expect(sidecar.audio.durationMs).toBeGreaterThan(4000);
    const report = await verifyRecording(file, { samples: openSealed(file, identity) });
    expect(report).toMatchObject({ ok: true, findings: [], samples: sidecar.audio.samples });
    expect(await openIn(disk.folder)).toEqual([]);
    const names = (await readdir(disk.folder)).sort();
    expect(names).toEqual(['call.json', 'call.manifest.json', 'call.wav.age']);
  });

  it.each([1000, 100_000])(
    'with %i bytes left when a call begins is reported, and leaves no file',
    async (left) => {
      using disk = await SmallDisk.mount('2m', join(folder, 'disk'));
      await ballast(disk, 2 * 1024 * 1024 - left);
      for (let call = 0; call < 3; call++) {
        await expect(record(join(disk.folder, `${call}.wav`))).rejects.toMatchObject({ code: 'ERR_FILE' });
      }
      expect(await readdir(disk.folder)).toEqual(['ballast']);
      expect(await openIn(disk.folder)).toEqual([]);
    },
  );

  it('is recorded once there is room, when that is configured', async () => {
    using disk = await SmallDisk.mount('24m', join(folder, 'disk'));
    await ballast(disk, 24 * 1024 * 1024 - 5000);
    const recording = await record(join(disk.folder, 'call.wav'), { onDiskFull: 'resume' });
    expect(recording.refused).toMatchObject({ message: expect.stringContaining('disk is full') });
    await clock.advance(7000);
    await rm(join(disk.folder, 'ballast'));
    await clock.run();
    const { segments, error } = await recording.finished;
    expect(error).toBeUndefined();
    expect(recording.refused).toBeUndefined();
    expect(segments).toHaveLength(1);
    const [{ sidecar, file } = expect.fail('no segment')] = segments;
    const unwritten = sidecar.unwritten?.samples ?? 0;
    expect(unwritten).toBeGreaterThan(7000 * 16);
    expect(unwritten + sidecar.audio.samples).toBeGreaterThanOrEqual(565_760);
    expect(await verifyRecording(file)).toMatchObject({ ok: true });
  });

  it('that stays full is reported at the end, and leaves no file', async () => {
    using disk = await SmallDisk.mount('2m', join(folder, 'disk'));
    await ballast(disk, 2 * 1024 * 1024 - 5000);
    const recording = await record(join(disk.folder, 'call.wav'), { onDiskFull: 'resume' });
    await clock.run();
    await expect(recording.finished).rejects.toMatchObject({ code: 'ERR_FILE' });
    expect(await readdir(disk.folder)).toEqual(['ballast']);
  });
});
