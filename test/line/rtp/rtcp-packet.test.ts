import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isRtcp, type RtcpPacket, readRtcp, writeRtcp } from '../../../src/line/rtp/rtcp-packet.js';

const word = fc.nat(0xffff_ffff);
const report = fc.record({
  ssrc: word,
  fractionLost: fc.nat(255),
  lost: fc.integer({ min: -0x80_0000, max: 0x7f_ffff }),
  highest: word,
  jitter: word,
  lastReport: word,
  delay: word,
});
const sender = fc.record({
  ntpSeconds: word,
  ntpFraction: word,
  timestamp: word,
  packets: word,
  octets: word,
});
const reports = fc.array(report, { maxLength: 31 });
const packet: fc.Arbitrary<RtcpPacket> = fc.oneof(
  fc.record({ type: fc.constant('report' as const), ssrc: word, reports }),
  fc.record({ type: fc.constant('report' as const), ssrc: word, sender, reports }),
  fc.record({ type: fc.constant('description' as const), ssrc: word, cname: fc.string({ maxLength: 60 }) }),
  fc.record({ type: fc.constant('bye' as const), ssrcs: fc.array(word, { maxLength: 31 }) }),
  fc.record({
    type: fc.constant('bye' as const),
    ssrcs: fc.array(word, { maxLength: 31 }),
    reason: fc.string({ minLength: 1, maxLength: 60 }),
  }),
);

describe('RTCP', () => {
  it('reads what it writes', () => {
    fc.assert(
      fc.property(fc.array(packet, { minLength: 1, maxLength: 4 }), (packets) => {
        const bytes = writeRtcp(packets);
        expect(bytes.length % 4).toBe(0);
        expect(isRtcp(bytes)).toBe(true);
        expect(readRtcp(bytes)).toEqual(packets);
      }),
      { numRuns: 50 },
    );
  });

  it('survives any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(255), (bytes, kind) => {
        const compound = Buffer.from(bytes);
        if (compound.length > 1) compound.set([0x80 | (kind & 0x1f), 200 + (kind % 5)]);
        expect(readRtcp(compound)).toBeInstanceOf(Array);
      }),
      { numRuns: 200 },
    );
  });

  it('reads the complete parts of a truncated compound packet', () => {
    const whole: RtcpPacket[] = [
      { type: 'report', ssrc: 1, reports: [] },
      { type: 'description', ssrc: 1, cname: 'someone' },
      { type: 'bye', ssrcs: [1] },
    ];
    const bytes = writeRtcp(whole);
    for (let length = 0; length < bytes.length; length++) {
      expect(whole.slice(0, 3)).toEqual(expect.arrayContaining(readRtcp(bytes.subarray(0, length))));
    }
  });

  it('skips unknown packets, and names that are not canonical', () => {
    const feedback = Buffer.from('81cd0003000000010000000200000000', 'hex');
    const named = Buffer.from('81ca00040000000502046e616d65010161000000', 'hex');
    expect(readRtcp(Buffer.concat([feedback, named]))).toEqual([
      { type: 'description', ssrc: 5, cname: 'a' },
    ]);
  });
});
