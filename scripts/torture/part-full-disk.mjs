// Records onto a small disk that fills up, before the call or in the middle of it; then there is room again.
import { execFile } from 'node:child_process';
import { mkdir, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { callEcho, openYard, pause } from './lab.mjs';
import { recorderBench } from './recorder.mjs';

const run = promisify(execFile);
const DISK_BYTES = 12 * 1024 * 1024;

export const part = {
  name: 'full-disk',
  async unavailable() {
    if (process.getuid?.() !== 0) return 'only root can mount a small disk';
    const yard = await openYard();
    try {
      await mountAt(yard.inside);
      await run('umount', [yard.inside]);
      return undefined;
    } catch (error) {
      return `a small disk cannot be mounted: ${error.message.trim().slice(0, 120)}`;
    } finally {
      await yard.remove();
    }
  },
  async open({ count }) {
    const bench = await recorderBench();
    return {
      close: bench.close,
      async step(random) {
        const yard = await openYard();
        await mountAt(yard.inside);
        try {
          return await fill(yard.inside, { bench, random, count });
        } finally {
          await run('umount', ['-l', yard.inside]);
          await yard.remove();
        }
      },
    };
  },
};

/** Fills a disk up to so many bytes. */
export async function fillUp(disk, filler, bytes) {
  const { bavail, bsize } = await statfs(disk);
  await writeFile(filler, Buffer.alloc(Math.max(0, bavail * bsize - bytes)), { flag: 'a' });
}

/** Mounts a small disk. */
export async function mountAt(folder) {
  await run('mount', ['-t', 'tmpfs', '-o', `size=${DISK_BYTES},mode=700`, 'none', folder]);
}

async function fill(disk, { bench, random, count }) {
  const subject = await bench.prepare(random, { folder: disk });
  await mkdir(subject.out, { mode: 0o700 });
  const filler = join(disk, 'filler');
  const leave = (bytes) => fillUp(disk, filler, bytes);
  const before = random.chance(0.5);
  const bytes = random.between(0, 500_000);
  const recorder = subject.record();
  const ready = await recorder.until('ready');
  if (before) await leave(bytes).catch(() => {});
  const calls = await callEcho(bench.port, random.between(1, 2));
  await calls.answered();
  await pause(random.between(0, 1000));
  if (!before) await leave(bytes).catch(() => {});
  await pause(random.between(1000, 3000));
  await calls.hangUp();
  await pause(500);
  const { code, signal } = await recorder.end();
  count('disks filled');
  const told = recorder.lines.filter(({ event }) => ['failed', 'disk full', 'published'].includes(event));
  await rm(filler, { force: true });
  const faults = [
    ...(ready && code === 0
      ? []
      : [`on the full disk it ended with ${signal ?? code}: ${recorder.stderr()}`]),
    ...(told.length > 0 ? [] : ['it said nothing of the call']),
    ...(await subject.finish()),
    ...bench.faults(),
  ];
  await subject.remove();
  return faults.map(
    (fault) => `${before ? 'full before' : 'filled in'} the call, ${bytes} bytes left: ${fault}`,
  );
}
