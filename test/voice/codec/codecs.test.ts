import { describe, expect, it } from 'vitest';
import { decodeL16, encodeL16 } from '../../../src/voice/codec/l16.js';
import { OpusDecoder, OpusEncoder } from '../../../src/voice/codec/opus.js';
import { measureLevel } from '../../../src/voice/level/level-meter.js';
import { toneSamples } from '../../../src/voice/tone/tone-samples.js';
import { expectSamples, noise } from '../fixtures.js';

describe('L16', () => {
  it('is big-endian, and drops half a sample at the end', () => {
    expect([...encodeL16(Int16Array.of(0x0102, -2))]).toEqual([1, 2, 0xff, 0xfe]);
    const samples = noise(1000);
    expectSamples(decodeL16(encodeL16(samples)), samples);
    expect(decodeL16(Uint8Array.of(1, 2, 3))).toHaveLength(1);
  });
});

describe('Opus', () => {
  it.each([8000, 16_000, 48_000])(
    'encodes and decodes frames at %d Hz at the same level',
    async (sampleRate) => {
      const format = { sampleRate, channels: 1 };
      const encoder = await OpusEncoder.create({ format, bitrate: 32_000 });
      const decoder = await OpusDecoder.create({ format });
      const frame = sampleRate / 50;
      const tone = toneSamples({ frequency: 440, durationMs: 400, format });
      const packets: Uint8Array[] = [];
      for (let at = 0; at < tone.length; at += frame)
        packets.push(encoder.encode(tone.subarray(at, at + frame)));
      expect(packets.reduce((sum, packet) => sum + packet.length, 0)).toBeLessThan(2500);
      const decoded = packets.map((packet) => decoder.decode(packet));
      expect(decoded.every((part) => part.length === frame)).toBe(true);
      expect(measureLevel(decoded[10]!)[0]!.rmsDbfs).toBeCloseTo(measureLevel(tone)[0]!.rmsDbfs, 0);
      expect(encoder.lookahead).toBeGreaterThan(0);
    },
  );

  it('refuses rates, channels, bitrates and lengths that Opus does not have', async () => {
    const invalid = { code: 'ERR_INVALID_ARG' };
    const format = { sampleRate: 44_100, channels: 1 };
    await expect(OpusEncoder.create({ format })).rejects.toMatchObject(invalid);
    await expect(OpusDecoder.create({ format: { sampleRate: 8000, channels: 3 } })).rejects.toMatchObject(
      invalid,
    );
    await expect(
      OpusEncoder.create({ format: { sampleRate: 8000, channels: 1 }, bitrate: 1 }),
    ).rejects.toMatchObject(invalid);
    const encoder = await OpusEncoder.create({ format: { sampleRate: 8000, channels: 1 } });
    expect(() => encoder.encode(new Int16Array(161))).toThrow(/frame/);
  });
});
