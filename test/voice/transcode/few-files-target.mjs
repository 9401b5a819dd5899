// Takes all files that it may open but for a few, and encodes. Prints what became of that.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { devNull, tmpdir } from 'node:os';
import { join } from 'node:path';
import { transcode } from '../../../build/voice/transcode/transcode.js';

const folder = mkdtempSync(join(tmpdir(), 'jackfield-encoder-'));
const format = { sampleRate: 16000, channels: 2 };
async function* samples() {
  for (let i = 0; i < 20; i++) yield new Int16Array(3200);
}
const encode = (kind) =>
  transcode({ input: { format, source: samples() }, output: join(folder, `call.${kind}`) }).then(
    () => 'written',
    ({ code }) => code,
  );
for (const kind of ['flac', 'mp3', 'opus']) {
  const results = [await encode(kind)];
  for (let left = 0; left < 3; left++) {
    const handles = [];
    try {
      for (;;) handles.push(await open(devNull));
    } catch {
      // There are no more.
    }
    await Promise.all(handles.splice(0, left).map((handle) => handle.close()));
    results.push(await encode(kind));
    await Promise.all(handles.map((handle) => handle.close()));
  }
  results.push(await encode(kind));
  process.stdout.write(`${[kind, ...results].join(' ')}\n`);
}
process.stdout.write(readdirSync(folder).sort().join(' '));
rmSync(folder, { recursive: true });
