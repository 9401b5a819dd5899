import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeG711, encodeG711 } from '../../../src/voice/codec/g711.js';
import { HAS_SOX, run, samplesFrom, testFolder } from '../fixtures.js';

const folder = testFolder();
const everySample = Int16Array.from({ length: 65_536 }, (_, i) => i - 32_768);
const everyCode = Uint8Array.from({ length: 256 }, (_, i) => i);

describe.each(['alaw', 'mulaw'] as const)('G.711 %s', (law) => {
  it('decodes every code to the value that encodes to it', () => {
    const decoded = decodeG711(everyCode, law);
    const again = decodeG711(encodeG711(decoded, law), law);
    expect(again).toEqual(decoded);
  });

  it('is off by no more than half a quantizer step', () => {
    const decoded = decodeG711(encodeG711(everySample, law), law);
    // Rounding to the range of the law comes on top of half a step.
    const isFar = everySample.filter(
      (sample, i) => Math.abs(sample - decoded[i]!) > Math.max(16, (Math.abs(sample) + 132) / 32 + 4),
    );
    expect(isFar.filter((sample) => Math.abs(sample) < 32_124)).toHaveLength(0);
  });

  it.skipIf(!HAS_SOX)('encodes all 65,536 samples as sox does (needs sox)', async () => {
    const path = join(folder, `${law}.raw`);
    await writeFile(path, new Uint8Array(everySample.buffer));
    const raw = ['-t', 'raw', '-r', '8000', '-c', '1'];
    const encoding = law === 'alaw' ? 'a-law' : 'mu-law';
    const encoded = run(
      'sox',
      '-D',
      ...raw,
      '-e',
      'signed',
      '-b',
      '16',
      path,
      ...raw,
      '-e',
      encoding,
      '-b',
      '8',
      '-',
    );
    expect(encodeG711(everySample, law)).toEqual(new Uint8Array(encoded));
  });

  it.skipIf(!HAS_SOX)('decodes all 256 codes as sox does (needs sox)', async () => {
    const path = join(folder, `${law}.codes`);
    await writeFile(path, everyCode);
    const raw = ['-t', 'raw', '-r', '8000', '-c', '1'];
    const encoding = law === 'alaw' ? 'a-law' : 'mu-law';
    const decoded = samplesFrom(
      'sox',
      ...raw,
      '-e',
      encoding,
      '-b',
      '8',
      path,
      ...raw,
      '-e',
      'signed',
      '-b',
      '16',
      '-',
    );
    expect(decodeG711(everyCode, law)).toEqual(decoded);
  });
});
