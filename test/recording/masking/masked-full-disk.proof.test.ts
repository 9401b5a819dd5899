import { mkdtemp, open, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isDiskFull } from '../../../src/files/file-error.js';
import { verifyRecording } from '../../../src/recording.js';
import { canMount, SmallDisk } from '../file/small-disk.js';
import { ears, RATE, spoken, type Talk, talk } from './ears.js';
import { CARD, MARGIN, Masked, same, samplesOf, silenced } from './masked-call.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jackfield-masked-disk-'));
});
afterAll(() => rm(folder, { recursive: true }));

const DELAY_MS = 4000;
const FULL_AT = 8 * RATE;
const ROOM_AT = 9 * RATE;
const END = 17 * RATE;

/** Takes all room of a disk. */
async function fill(ballast: string): Promise<void> {
  const file = await open(ballast, 'w');
  try {
    for (let size = 1 << 20; size >= 512; ) {
      await file.write(Buffer.alloc(size, 7)).catch((error: unknown) => {
        if (!isDiskFull(error)) throw error;
        size >>= 1;
      });
    }
  } finally {
    await file.close();
  }
}

/** Pieces of what both legs are in [from, to), as a file has them. */
function traces({ local, remote }: Talk, from: number, to: number): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = from; at + 8 < to; at += 3200) {
    const both = Int16Array.from({ length: 16 }, (_, i) => (i % 2 ? remote : local)[at + (i >> 1)] ?? 0);
    pieces.push(Buffer.from(both.buffer));
  }
  return pieces;
}

describe.skipIf(!canMount())(
  'a disk that becomes full while a call is masked (skipped without tmpfs)',
  () => {
    it.each([
      ['before it is full', 1, false],
      ['before and after it becomes full', 6, false],
      ['and written in part when it becomes full', 2.5, true],
      ['in the held part when it becomes full', 4.2, true],
      ['after it was full', 11, true],
    ])(
      'has nothing of a number that is said %s (at %d s; the disk has room later: %s)',
      async (_, at, isRoomLater) => {
        using disk = await SmallDisk.mount('4m', join(await mkdtemp(join(folder, 'disk-')), 'disk'));
        const from = Math.round(at * RATE);
        const words = { remote: spoken(CARD, from) };
        const call = talk(END / RATE, words);
        const mask = { transcriber: ears(call, words).engine, delayMs: DELAY_MS };
        const masked = await Masked.begin(disk.folder, mask, { resumeWhenRoom: isRoomLater });
        const full: Error[] = [];
        masked.track.on('disk-full', (error) => full.push(error));
        const secret = [from - MARGIN, from + 16 * 3200 + MARGIN] as const;
        const needles = traces(call, ...secret);
        const leaks: string[] = [];
        const look = async (when: string) => {
          const files = (await readdir(dirname(masked.file))).filter((name) => name.endsWith('.wav'));
          for (const name of files) {
            const bytes = await readFile(join(dirname(masked.file), name));
            if (needles.some((needle) => bytes.includes(needle))) leaks.push(`${when}: ${name}`);
          }
        };
        const ballast = join(disk.folder, 'ballast');
        for (let come = 0; come < END; come += 8000) {
          if (come === FULL_AT) await fill(ballast);
          if (come === ROOM_AT && isRoomLater) await rm(ballast);
          await masked.come(call, 8000);
          if (come % (2 * RATE) === 0) await look(`${come / RATE} s`);
        }
        // All that is held comes to the disk now, or nowhere.
        const error = await masked.track.finish('call-ended').catch((reason: unknown) => reason);
        await look('at the end');

        expect(leaks).toEqual([]);
        expect(full).toHaveLength(1);
        // The files are complete also where it rejects: it tells by that what is missing after them.
        expect(error).toBe(isRoomLater ? undefined : full[0]);
        const ends = masked.track.segments.map(({ sidecar }) => sidecar.end);
        expect(ends).toEqual(isRoomLater ? ['disk-full', 'call-ended'] : ['disk-full']);
        const whole = silenced(call, [secret]);
        let base = 0;
        for (const { file, sidecar } of masked.track.segments) {
          base += sidecar.unwritten?.samples ?? 0;
          const end = base + sidecar.audio.samples;
          const part = whole.map((leg) => leg.subarray(base, end));
          expect(sidecar.audio.samples).toBeGreaterThan(0);
          expect(same(await samplesOf(file), part)).toBe(true);
          expect(await verifyRecording(file)).toMatchObject({ ok: true });
          base = end;
        }
        if (isRoomLater) expect(base).toBe(END);
      },
    );
  },
);
