import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JackfieldError } from '../../../src/base/errors.js';
import { decodeWav, encodeWav } from '../../../src/voice/wav/wav-bytes.js';
import { noise } from '../fixtures.js';

const encodings = fc.constantFrom(...(['u8', 's16', 's24', 's32', 'f32', 'alaw', 'mulaw'] as const));

/** Reads bytes that may be anything: either a sound that fits into them, or the typed error. */
function readHostile(bytes: Uint8Array): void {
  try {
    const wav = decodeWav(bytes);
    expect(wav.dataOffset + wav.dataBytes).toBeLessThanOrEqual(bytes.length);
    expect(wav.samples.length).toBe(wav.sampleCount * wav.format.channels);
    expect(wav.samples.length).toBeLessThanOrEqual(bytes.length * 2);
  } catch (error) {
    if (!(error instanceof JackfieldError)) throw error;
    expect(error.code).toBe('ERR_WAV');
  }
}

describe('decodeWav', () => {
  it('reads the output of encodeWav back, for every encoding and length', () => {
    fc.assert(
      fc.property(encodings, fc.integer({ min: 1, max: 5 }), fc.nat(300), (encoding, channels, count) => {
        const samples = noise(count * channels);
        const wav = decodeWav(encodeWav(samples, { format: { sampleRate: 48_000, channels }, encoding }));
        expect(wav).toMatchObject({ encoding, state: 'ok', sampleCount: count });
        if (encoding.startsWith('s') || encoding === 'f32') expect(wav.samples).toEqual(samples);
      }),
    );
  });

  it('survives random bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), readHostile), { numRuns: 2000 });
  });

  it('survives every byte of a header set to any value', () => {
    const bytes = encodeWav(noise(20), {
      encoding: 'alaw',
      metadata: { info: { title: 'x' }, bext: { description: 'y' } },
    });
    const values = [0, 1, 2, 3, 4, 7, 8, 0x11, 0x20, 0x7f, 0x80, 0xfe, 0xff];
    for (let at = 0; at < bytes.length; at++) {
      for (const value of values) {
        const changed = bytes.slice();
        changed[at] = value;
        readHostile(changed);
      }
    }
  });

  it('survives a cut at every byte', () => {
    const bytes = encodeWav(noise(20), { format: { sampleRate: 8000, channels: 2 }, encoding: 's24' });
    for (let length = 0; length <= bytes.length; length++) readHostile(bytes.subarray(0, length));
  });

  it('survives several bytes changed at once', () => {
    const bytes = encodeWav(noise(20));
    const changes = fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(changes, (list) => {
        const changed = bytes.slice();
        for (const [at, value] of list) changed[at] = value;
        readHostile(changed);
      }),
      { numRuns: 2000 },
    );
  });
});
