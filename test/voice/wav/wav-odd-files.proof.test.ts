import { existsSync } from 'node:fs';
import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeWav } from '../../../src/voice/wav/wav-bytes.js';
import { repairWav } from '../../../src/voice/wav/wav-repair.js';
import { HAS_FFMPEG, HAS_SOX, noise, readWav, samplesFrom, testFolder } from '../fixtures.js';
import { chunk, ds64, fmt, ID3V2_IN_FRONT, riff, TAGS } from './wav-made.js';

const folder = testFolder();
const samples = noise(1000);
const sound = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
const codes = (bytes: Uint8Array) => decodeWav(bytes).warnings.map(({ code }) => code);

describe('tags after the data', () => {
  it.each(Object.entries(TAGS))('are not read as sound and need no repair: %s', async (name, tag) => {
    const bytes = Buffer.concat([riff([fmt(), chunk('data', sound)]), tag]);
    const wav = decodeWav(bytes);
    expect(wav).toMatchObject({ state: 'ok', sampleCount: 1000 });
    expect(wav.warnings).toMatchObject([{ code: 'tag-behind', message: expect.stringContaining(name) }]);
    const path = join(folder, 'tagged.wav');
    await writeFile(path, bytes);
    expect(await repairWav(path)).toMatchObject({ found: 'ok' });
    expect(await readFile(path)).toEqual(bytes);
    expect(existsSync(`${path}.bak`)).toBe(false);
  });

  it.each(Object.entries(TAGS))(
    'are not read as sound when its length is unknown, and survive a repair: %s',
    async (_, tag) => {
      for (const [found, size] of [
        ['unfinished', 0],
        ['unfinished', 0xffff_ffff],
        ['truncated', 4000],
        ['longer', 1000],
      ] as const) {
        const riffSize = found === 'longer' ? 36 + size : 0;
        const tags = Buffer.concat([tag, TAGS['ID3v1 tag'] ?? tag]);
        const bytes = Buffer.concat([
          riff([fmt(), chunk('data', sound, { size })], { size: riffSize }),
          tags,
        ]);
        const path = join(folder, `tagged-${found}.wav`);
        await writeFile(path, bytes);
        expect(await repairWav(path)).toMatchObject({ found, sampleCount: 1000 });
        expect(await readWav(path)).toEqual(samples);
        const after = await readFile(path);
        expect(after.subarray(-tags.length)).toEqual(tags);
        expect(decodeWav(after).state).toBe('ok');
      }
    },
  );

  it.each(Object.entries(TAGS))(
    'are not read as sound after odd data without a pad byte: %s',
    (name, tag) => {
      const mulaw = fmt({ tag: 7, blockAlign: 1, bits: 8 });
      const odd = Uint8Array.from({ length: 333 }, (_, i) => i);
      for (const pad of [true, false]) {
        const wav = decodeWav(Buffer.concat([riff([mulaw, chunk('data', odd, { pad })]), tag]));
        expect(wav).toMatchObject({ state: 'ok', sampleCount: 333 });
        const expected = pad ? ['tag-behind'] : ['no-pad', 'tag-behind'];
        expect(wav.warnings.map(({ code }) => code)).toEqual(expected);
        expect(wav.warnings.at(-1)!.message).toContain(name);
      }
    },
  );

  it('give a warning about bytes that are neither sound nor tag', () => {
    const bytes = Buffer.concat([
      riff([fmt(), chunk('data', sound), chunk('LIST', Buffer.from('INFO'))]),
      sound,
    ]);
    expect(decodeWav(bytes)).toMatchObject({ state: 'ok', sampleCount: 1000 });
    expect(codes(bytes)).toEqual(['bytes-behind']);
  });
});

describe('a size of 0', () => {
  it.each([2, 3, 6, 7])('with %d bytes after it is an unfinished file', (length) => {
    const mulaw = fmt({ tag: 7, blockAlign: 1, bits: 8 });
    const bytes = riff([mulaw, chunk('data', sound.subarray(0, length), { size: 0, pad: false })]);
    expect(decodeWav(bytes)).toMatchObject({ state: 'unfinished', sampleCount: length });
  });

  it.each([
    ['RIFF 0', riff([fmt(), chunk('data', sound, { size: 0 })], { size: 0 })],
    ['RIFF right', riff([fmt(), chunk('data', sound, { size: 0 })])],
    ['RIFF of an empty file', riff([fmt(), chunk('data', sound, { size: 0 })], { size: 36 })],
    ['RIFF too large', riff([fmt(), chunk('data', sound, { size: 0 })], { size: 0xffff_ffff })],
    [
      'RF64 with nothing filled in',
      riff([ds64(0n, 0n), fmt(), chunk('data', sound, { size: 0xffff_ffff })], {
        id: 'RF64',
        size: 0xffff_ffff,
      }),
    ],
    [
      'RF64 with the size of the file',
      riff([ds64(2080n, 0n), fmt(), chunk('data', sound, { size: 0xffff_ffff })], {
        id: 'RF64',
        size: 0xffff_ffff,
      }),
    ],
    [
      'RF64 with 64 ones',
      riff([ds64(0n, 2n ** 64n - 1n), fmt(), chunk('data', sound, { size: 0xffff_ffff })], {
        id: 'RF64',
        size: 0xffff_ffff,
      }),
    ],
    [
      'RF64 without ds64',
      riff([fmt(), chunk('data', sound, { size: 0xffff_ffff })], { id: 'RF64', size: 0xffff_ffff }),
    ],
    [
      'RF64 with 0 in the chunk',
      riff([ds64(0n, 0n), fmt(), chunk('data', sound, { size: 0 })], { id: 'RF64', size: 0 }),
    ],
  ])('with data after it is an unfinished file: %s', async (name, bytes) => {
    const wav = decodeWav(bytes);
    expect(wav).toMatchObject({ state: 'unfinished', sampleCount: 1000 });
    expect(wav.samples).toEqual(samples);
    if (name === 'RF64 without ds64') return;
    const path = join(folder, 'unfinished.wav');
    await writeFile(path, bytes);
    await repairWav(path);
    expect(await readWav(path)).toEqual(samples);
    expect(decodeWav(await readFile(path)).state).toBe('ok');
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['a chunk', chunk('LIST', Buffer.from('INFO'))],
    ['a tag', TAGS['ID3v1 tag'] ?? Buffer.alloc(0)],
  ])('with %s after it is an empty sound', (_, behind) => {
    const bytes = Buffer.concat([riff([fmt(), chunk('data', Buffer.alloc(0))]), behind]);
    expect(decodeWav(bytes)).toMatchObject({ state: 'ok', sampleCount: 0 });
  });
});

describe('a size of 64 bits', () => {
  const long = (id: string, riffBytes: number, dataBytes: number, ...behind: Buffer[]) =>
    riff(
      [
        ds64(BigInt(riffBytes), BigInt(dataBytes)),
        fmt(),
        chunk('data', sound, { size: 0xffff_ffff }),
        ...behind,
      ],
      {
        ...{ id, size: 0xffff_ffff },
      },
    );
  const LIST = chunk('LIST', Buffer.from('INFO'));

  it.each([
    ['2 samples, in a file that goes on', long('BW64', 2072, 4)],
    ['half a sample', long('RF64', 2072, 3)],
    ['all but one sample', long('BW64', 2072, 1990)],
    ['a file that is as long as it says', long('RF64', 2080, 400)],
  ])('that is smaller than the file is not trusted: %s', async (_, bytes) => {
    const wav = decodeWav(bytes);
    expect(wav).toMatchObject({ state: 'unfinished', sampleCount: 1000 });
    expect(wav.samples).toEqual(samples);
    const path = join(folder, 'long.wav');
    await writeFile(path, bytes);
    await repairWav(path);
    expect(decodeWav(await readFile(path))).toMatchObject({ state: 'ok', sampleCount: 1000, samples });
  });

  it.each([
    ['right', long('BW64', 2072, 2000), 'ok', 1000],
    ['right, with a chunk behind it', long('BW64', 2084, 2000, LIST), 'ok', 1000],
    ['of a file that was cut off', long('RF64', 20_072, 20_000), 'truncated', 1000],
    ['as a killed writer leaves it', long('BW64', 1272, 1200), 'longer', 600],
  ])('is trusted when it is %s', (_, bytes, state, sampleCount) => {
    expect(decodeWav(bytes)).toMatchObject({ state, sampleCount });
  });
});

describe('a format that contradicts itself', () => {
  it.each([
    [{ channels: 2, blockAlign: 2 }, ['block-align'], 's16'],
    [{ channels: 2, blockAlign: 1 }, ['block-align'], 's16'],
    [{ blockAlign: 0 }, ['block-align'], 's16'],
    [{ blockAlign: 4 }, ['block-align'], 's16'],
    [{ bits: 24, blockAlign: 2 }, ['block-align'], 's24'],
    [{ bits: 8, blockAlign: 2 }, ['block-align'], 'u8'],
    [{ bits: 32, blockAlign: 2 }, ['block-align'], 's32'],
    [{ bits: 12 }, ['bits'], 's16'],
    [{ bits: 20, blockAlign: 3 }, ['bits'], 's24'],
    [{ bits: 0 }, ['bits'], 's16'],
    [{ tag: 7, blockAlign: 1 }, ['bits'], 'mulaw'],
    [{ tag: 7, blockAlign: 2 }, ['bits', 'block-align'], 'mulaw'],
    [{ tag: 6, bits: 0, blockAlign: 1 }, ['bits'], 'alaw'],
    [{ tag: 6, bits: 8, channels: 2, blockAlign: 1 }, ['block-align'], 'alaw'],
    [{ tag: 3, bits: 32, blockAlign: 2 }, ['block-align'], 'f32'],
    [{ tag: 3, bits: 16, blockAlign: 4 }, ['bits'], 'f32'],
  ] as const)('is read by its channels and bits, with a warning: %j', async (said, warnings, encoding) => {
    const bytes = riff([fmt(said), chunk('data', sound.subarray(0, 1992))]);
    const wav = decodeWav(bytes);
    expect(wav).toMatchObject({ encoding, state: 'ok' });
    expect(codes(bytes)).toEqual(warnings);
    expect(wav.warnings.every(({ message }) => /^[A-Z].*\.$/.test(message))).toBe(true);
    const path = join(folder, 'odd.wav');
    await writeFile(path, bytes);
    const tolerance = /s24|s32|f32/.test(encoding) ? 1 : 0;
    const agrees = (theirs: Int16Array) => {
      expect(theirs.length).toBe(wav.samples.length);
      expect(wav.samples.every((sample, i) => Math.abs(sample - theirs[i]!) <= tolerance)).toBe(true);
    };
    // Where these programs read it at all.
    const isRead = {
      ffmpeg: 'bits' in said ? said.bits > 0 || 'tag' in said : true,
      sox: warnings[0] !== 'bits',
    };
    const isHalfFloat = 'tag' in said && said.tag === 3;
    if (HAS_FFMPEG && isRead.ffmpeg && !isHalfFloat) {
      agrees(samplesFrom('ffmpeg', '-v', 'error', '-i', path, '-f', 's16le', '-'));
    }
    if (HAS_SOX && isRead.sox && !isHalfFloat) {
      agrees(samplesFrom('sox', '-D', path, '-t', 'raw', '-e', 'signed', '-b', '16', '-'));
    }
  });

  it('skip a tag before the header, for reading and for repair', async () => {
    const good = riff([fmt(), chunk('data', sound)]);
    for (const tag of [ID3V2_IN_FRONT, Buffer.concat([ID3V2_IN_FRONT, ID3V2_IN_FRONT])]) {
      const bytes = Buffer.concat([tag, good]);
      expect(codes(bytes)).toEqual(['tag-in-front']);
      expect(decodeWav(bytes)).toMatchObject({ state: 'ok', riffOffset: tag.length });
      expect(decodeWav(bytes).samples).toEqual(samples);
      const path = join(folder, 'in-front.wav');
      await writeFile(path, bytes.subarray(0, -500));
      await repairWav(path);
      expect(decodeWav(await readFile(path)).state).toBe('ok');
      expect(await readWav(path)).toEqual(samples.subarray(0, 750));
      expect((await readFile(path)).subarray(0, tag.length)).toEqual(tag);
    }
    expect(() => decodeWav(Buffer.concat([ID3V2_IN_FRONT, sound]))).toThrow(/begins with "ID3/);
  });

  it('names the chunk that has no pad byte', () => {
    const note = (pad: boolean) => chunk('note', Buffer.from('odd'), { pad });
    const bytes = riff([
      note(false),
      fmt(),
      note(false),
      chunk('data', sound),
      chunk('LIST', Buffer.from('INFO')),
    ]);
    const wav = decodeWav(bytes);
    expect(wav).toMatchObject({ state: 'ok', sampleCount: 1000 });
    expect(
      wav.warnings.map(({ code, message }) => `${code} ${/"note" at byte \d+/.exec(message)?.[0]}`),
    ).toEqual(['no-pad "note" at byte 12', 'no-pad "note" at byte 47']);
    expect(codes(riff([note(true), fmt(), chunk('data', sound)]))).toEqual([]);
    const eight = fmt({ bits: 8, blockAlign: 1 });
    const odd = (pad: boolean) => chunk('data', Buffer.alloc(333, 0x80), { pad });
    expect(codes(riff([eight, odd(false), chunk('LIST', Buffer.from('INFO'))]))).toEqual(['no-pad']);
    expect(codes(riff([eight, odd(false)]))).toEqual(['no-pad']);
    expect(codes(riff([eight, odd(true)]))).toEqual([]);
  });
});

describe('a repair', () => {
  it('keeps the original, and never overwrites an earlier one', async () => {
    const path = join(folder, 'kept.wav');
    const whole = riff([fmt(), chunk('data', sound)]);
    const originals = [whole.subarray(0, 1000), whole.subarray(0, 801)];
    for (const bytes of originals) {
      await writeFile(path, bytes);
      await chmod(path, 0o640);
      await repairWav(path);
      expect(decodeWav(await readFile(path)).state).toBe('ok');
      expect((await stat(path)).mode & 0o777).toBe(0o640);
    }
    expect(await readFile(`${path}.bak`)).toEqual(originals[0]);
    expect(await readFile(`${path}.bak2`)).toEqual(originals[1]);
    expect(await readWav(path)).toEqual(samples.subarray(0, 378));
    const left = (await readdir(dirname(path))).filter((name) => name.startsWith(`${basename(path)}.`));
    expect(left.sort()).toEqual(['kept.wav.bak', 'kept.wav.bak2']);
  });

  const orders = fc.shuffledSubarray(['note', 'LIST', 'fact', 'JUNK', 'xyz ', 'bext'], { maxLength: 5 });
  const arbitrary = fc.record({
    before: orders,
    behind: orders,
    bodies: fc.array(fc.nat(40), { minLength: 12, maxLength: 12 }),
    pad: fc.boolean(),
    channels: fc.integer({ min: 1, max: 3 }),
    bits: fc.constantFrom(8, 16, 24),
    count: fc.nat(200),
    size: fc.constantFrom('right', 'zero', 'all', 'less', 'more'),
    riffSize: fc.constantFrom('right', 'zero', 'all'),
    cut: fc.nat(600),
    front: fc.boolean(),
    tag: fc.constantFrom(undefined, ...Object.values(TAGS)),
  });

  it('leaves every readable sound unchanged or complete, for any order, sizes, pads and cut', async () => {
    const path = join(folder, 'any.wav');
    await fc.assert(
      fc.asyncProperty(arbitrary, async (made) => {
        const { channels, bits, count, pad } = made;
        const blockAlign = (channels * bits) / 8;
        const data = Buffer.from(noise(count * blockAlign).buffer).subarray(0, count * blockAlign);
        let body = 0;
        const others = (ids: readonly string[]) =>
          ids.map((id) => chunk(id, Buffer.alloc(made.bodies[body++ % 12] ?? 0, 0x20), { pad }));
        const said = {
          right: data.length,
          zero: 0,
          all: 0xffff_ffff,
          less: data.length >> 1,
          more: data.length + 99,
        };
        const parts = [
          ...others(made.before),
          fmt({ channels, bits, blockAlign }),
          chunk('data', data, { size: said[made.size], pad }),
          ...others(made.behind),
        ];
        const riffSize = { right: undefined, zero: 0, all: 0xffff_ffff }[made.riffSize];
        const whole = riff(parts, riffSize === undefined ? {} : { size: riffSize });
        const tagged = Buffer.concat([
          made.front ? ID3V2_IN_FRONT : Buffer.alloc(0),
          whole,
          made.tag ?? Buffer.alloc(0),
        ]);
        const bytes = tagged.subarray(0, Math.max(0, tagged.length - made.cut));
        await writeFile(path, bytes);
        const read = await readWav(path).catch(() => undefined);
        const repair = await repairWav(path).catch(() => undefined);
        if (!read) expect(repair).toBeUndefined();
        if (!repair) {
          expect(await readFile(path)).toEqual(bytes);
          return;
        }
        const after = decodeWav(await readFile(path));
        expect(after.state).toBe('ok');
        expect(after.samples.subarray(0, read?.length)).toEqual(read);
        expect(await repairWav(path)).toMatchObject({ found: 'ok' });
        if (repair.original !== undefined) expect(await readFile(repair.original)).toEqual(bytes);
        else expect(await readFile(path)).toEqual(bytes);
      }),
      { numRuns: 300 },
    );
  });
});
