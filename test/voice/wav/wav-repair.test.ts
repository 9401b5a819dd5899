import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, open, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodeWav } from '../../../src/voice/wav/wav-bytes.js';
import { WavHeader } from '../../../src/voice/wav/wav-header.js';
import { WavReader } from '../../../src/voice/wav/wav-reader.js';
import { repairWav } from '../../../src/voice/wav/wav-repair.js';
import { expectSamples, HAS_FFMPEG, HAS_SOX, noise, readWav, run, testFolder } from '../fixtures.js';

const folder = testFolder();
const samples = noise(1000);

async function stateOf(path: string): Promise<string> {
  await using reader = await WavReader.open(path);
  return reader.state;
}

describe('repairWav', () => {
  it('leaves a good file as it is', async () => {
    const path = join(folder, 'good.wav');
    await writeFile(path, encodeWav(samples));
    const before = await stat(path);
    expect(await repairWav(path)).toEqual({ found: 'ok', sampleCountBefore: 1000, sampleCount: 1000 });
    expect((await stat(path)).mtimeMs).toBe(before.mtimeMs);
  });

  it('counts samples that a killed writer left behind its last header', async () => {
    const path = join(folder, 'longer.wav');
    await writeFile(path, encodeWav(samples.subarray(0, 600)));
    await appendFile(path, new Uint8Array(samples.buffer, 1200));
    await appendFile(path, Uint8Array.of(7));
    expect(await repairWav(path)).toMatchObject({
      found: 'longer',
      sampleCountBefore: 600,
      sampleCount: 1000,
    });
    expect(await stateOf(path)).toBe('ok');
    expectSamples(await readWav(path), samples);
  });

  it('shortens the header of a truncated file', async () => {
    const path = join(folder, 'truncated.wav');
    const bytes = encodeWav(samples);
    await writeFile(path, bytes);
    await truncate(path, bytes.length - 501);
    expect(await repairWav(path)).toMatchObject({ found: 'truncated', sampleCount: 749 });
    expect(await stateOf(path)).toBe('ok');
    expectSamples(await readWav(path), samples.subarray(0, 749));
  });

  it.each([0, 0xffff_ffff, 0x7fff_ffff])('fills in sizes that were never written (%d)', async (size) => {
    const path = join(folder, `unfinished-${size}.wav`);
    const bytes = encodeWav(samples);
    const view = new DataView(bytes.buffer);
    view.setUint32(4, size, true);
    view.setUint32(bytes.length - 2004, size, true);
    await writeFile(path, bytes);
    expect(await repairWav(path)).toMatchObject({
      found: 'unfinished',
      sampleCountBefore: 0,
      sampleCount: 1000,
    });
    expect(await stateOf(path)).toBe('ok');
    expectSamples(await readWav(path), samples);
  });

  it('turns a file that outgrew 4 GiB into RF64 (sparse file)', async () => {
    const path = join(folder, 'huge.wav');
    const header = new WavHeader({
      format: { sampleRate: 48_000, channels: 2 },
      encoding: 's16',
      metadata: {},
    });
    await writeFile(path, header.sized(4000));
    const size = 5 * 2 ** 30;
    await truncate(path, header.length + size);
    const file = await open(path, 'r+');
    await file.write(Uint8Array.of(1, 2, 3, 4), 0, 4, header.length + size - 4);
    await file.close();
    const repair = await repairWav(path, { keepOriginal: false });
    expect(repair).toMatchObject({ found: 'longer', sampleCount: size / 4 });
    await using reader = await WavReader.open(path);
    expect(reader.layout).toMatchObject({ container: 'RF64', state: 'ok', sampleCount: size / 4 });
    for await (const last of reader.samples({ start: size / 4 - 1 }))
      expect([...last]).toEqual([0x201, 0x403]);
    if (HAS_FFMPEG)
      expect(run('ffprobe', '-show_streams', path).toString()).toContain(`duration_ts=${size / 4}`);
  });

  it.skipIf(!HAS_SOX)('makes a file that sox reads without complaint (needs sox)', async () => {
    const path = join(folder, 'sox.wav');
    await writeFile(path, encodeWav(samples));
    await truncate(path, 1000);
    await repairWav(path);
    expect(run('soxi', '-s', path).toString().trim()).toBe(String((1000 - 80) / 2));
  });
});

describe('a writer killed with SIGKILL', () => {
  it('leaves a file that plays, with all but the last flush', async () => {
    const path = join(folder, 'killed.wav');
    const writer = new URL('../../../src/voice/wav/wav-writer.ts', import.meta.url).href;
    const program = `
      import { WavWriter } from ${JSON.stringify(writer.replace('/src/', '/build/').replace('.ts', '.js'))};
      const wav = await WavWriter.create(${JSON.stringify(path)});
      const frame = new Int16Array(320).fill(5);
      for (let n = 0; ; n++) {
        await wav.write(frame);
        if (n % 50 === 49) process.stdout.write(String(wav.sampleCount) + '\\n');
      }`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let told = '';
    for await (const text of child.stdout) {
      told += text;
      if (told.split('\n').length > 20) break;
    }
    child.kill('SIGKILL');
    await once(child, 'exit');
    await using reader = await WavReader.open(path);
    const counted = Number(told.trim().split('\n').at(-2));
    expect(reader.sampleCount).toBeGreaterThanOrEqual(counted - 4000);
    expect((await readWav(path)).every((sample) => sample === 5)).toBe(true);
    await repairWav(path);
    expect(await stateOf(path)).toBe('ok');
  });
});
