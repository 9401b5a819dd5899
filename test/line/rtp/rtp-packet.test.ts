import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readRtp, writeRtp } from '../../../src/line/rtp/rtp-packet.js';

const packet = fc.record({
  payloadType: fc.integer({ min: 0, max: 127 }),
  marker: fc.boolean(),
  sequence: fc.integer({ min: 0, max: 0xffff }),
  timestamp: fc.integer({ min: 0, max: 0xffffffff }),
  ssrc: fc.integer({ min: 0, max: 0xffffffff }),
  payload: fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes)),
});

describe('an RTP packet', () => {
  it('is read as it was written', () => {
    fc.assert(fc.property(packet, (each) => void expect(readRtp(writeRtp(each))).toEqual(each)));
  });

  it('gives its payload without sources, extension and padding', () => {
    const bytes = Buffer.from('b18000010000000200000003aaaaaaaabede0001deadbeef0102030000000004', 'hex');
    expect(readRtp(bytes)?.payload.toString('hex')).toBe('01020300');
  });

  it('is rejected when it is truncated or of another protocol', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => void readRtp(Buffer.from(bytes))));
    for (const hex of [
      '',
      '80',
      '000000010000000200000003',
      'a00000010000000200000003',
      '8f0000010000000200000003',
    ]) {
      expect(readRtp(Buffer.from(hex, 'hex'))).toBeUndefined();
    }
  });
});
