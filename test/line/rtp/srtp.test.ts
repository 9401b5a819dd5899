import { createCipheriv } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { SrtpKey, SrtpSuite } from '../../../src/line/rtp/rtp-options.js';
import { writeRtp } from '../../../src/line/rtp/rtp-packet.js';
import { SrtpContext } from '../../../src/line/rtp/srtp.js';
import { randomFrom } from '../../random.js';

/** Master key and salt of RFC 3711, appendix B.3. */
const MASTER = Buffer.from('e1f97a0d3e018be0d64fa32c06de41390ec675ad498afeebb6960b3aabe6', 'hex');

const keyOf = (suite: SrtpSuite = 'AES_CM_128_HMAC_SHA1_80', master = MASTER): SrtpKey => ({
  suite,
  key: master.toString('base64'),
});

const packetOf = (sequence: number, ssrc = 0xcafebabe, payload = Buffer.alloc(160, 0xab)) =>
  writeRtp({
    payloadType: 15,
    marker: false,
    sequence: sequence & 0xffff,
    timestamp: 0xdecafbad,
    ssrc,
    payload,
  });

describe('SRTP', () => {
  it('makes the packet of the published test vector', () => {
    const packet = packetOf(0x1234, 0xcafebabe, Buffer.alloc(16, 0xab));
    expect(new SrtpContext(keyOf()).protect(packet).toString('hex')).toBe(
      '800f1234decafbadcafebabe4e55dc4ce79978d88ca4d215949d2402b78d6acc99ea179b8dbb',
    );
  });

  it.each(['AES_CM_128_HMAC_SHA1_80', 'AES_CM_128_HMAC_SHA1_32'] as const)(
    'reads its own packets: %s',
    (suite) => {
      const [sender, receiver] = [new SrtpContext(keyOf(suite)), new SrtpContext(keyOf(suite))];
      for (let sequence = 65_400; sequence < 65_700; sequence++) {
        const packet = packetOf(sequence);
        const secret = sender.protect(packet);
        expect(secret.length).toBe(packet.length + (suite.endsWith('80') ? 10 : 4));
        const plain = receiver.unprotect(secret);
        expect(typeof plain !== 'string' && plain.equals(packet)).toBe(true);
      }
    },
  );

  it('protects in place as in a copy', () => {
    const suite = 'AES_CM_128_HMAC_SHA1_32';
    const [copying, own] = [new SrtpContext(keyOf(suite)), new SrtpContext(keyOf(suite))];
    for (const [n, length] of [0, 160, 160, 0, 37, 1200, 160].entries()) {
      const packet = packetOf(n, 9, Buffer.alloc(length, n));
      const whole = Buffer.concat([packet, Buffer.alloc(own.tagBytes, 0xee)]);
      own.protectInPlace(whole);
      expect(whole).toEqual(copying.protect(packet));
    }
  });

  it('accepts packets out of order around a wrap, each once', () => {
    const [sender, receiver] = [new SrtpContext(keyOf()), new SrtpContext(keyOf())];
    const random = randomFrom(5);
    const packets = Array.from({ length: 250 }, (_, i) => sender.protect(packetOf(65_400 + i)));
    const order = packets.map((_, i) => ({ i, at: i + random() * 40 })).sort((a, b) => a.at - b.at);
    for (const { i } of order) {
      const packet = Buffer.from(packets[i] ?? []);
      const again = Buffer.from(packet);
      expect(receiver.unprotect(packet)).toEqual(packetOf(65_400 + i));
      expect(receiver.unprotect(again)).toBe('replayed');
    }
  });

  it('continues its packet count under a new key, and accepts a peer that restarts', () => {
    const [sender, receiver] = [new SrtpContext(keyOf()), new SrtpContext(keyOf())];
    for (const sequence of [65_530, 65_535, 65_536, 65_540])
      receiver.unprotect(sender.protect(packetOf(sequence)));
    const next = keyOf('AES_CM_128_HMAC_SHA1_80', Buffer.alloc(30, 7));
    const counting = new SrtpContext(next, sender);
    expect(new SrtpContext(next, receiver).unprotect(counting.protect(packetOf(65_541)))).toEqual(
      packetOf(65_541),
    );
    expect(new SrtpContext(next).unprotect(counting.protect(packetOf(65_542)))).toBe('unauthentic');
    const anew = new SrtpContext(next);
    expect(new SrtpContext(next, receiver).unprotect(anew.protect(packetOf(65_543)))).toEqual(
      packetOf(65_543),
    );
  });

  it('refuses packets that were changed, truncated, or made with another key', () => {
    const receiver = new SrtpContext(keyOf());
    const secret = new SrtpContext(keyOf()).protect(packetOf(1));
    for (let at = 0; at < secret.length; at += 7) {
      const changed = Buffer.from(secret);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(receiver.unprotect(changed)).toBe('unauthentic');
    }
    for (let length = 0; length < secret.length; length++) {
      expect(receiver.unprotect(Buffer.from(secret.subarray(0, length)))).toBe('unauthentic');
      expect(receiver.unprotectRtcp(Buffer.from(secret.subarray(0, length)))).toBe('unauthentic');
    }
    const other = new SrtpContext(keyOf('AES_CM_128_HMAC_SHA1_80', Buffer.alloc(30, 1)));
    expect(receiver.unprotect(other.protect(packetOf(1)))).toBe('unauthentic');
    expect(receiver.unprotect(Buffer.from(secret))).toEqual(packetOf(1));
  });

  it('protects RTCP, which cannot be read without the key', () => {
    const [sender, receiver] = [new SrtpContext(keyOf()), new SrtpContext(keyOf())];
    const report = Buffer.alloc(64, 0x81);
    for (let n = 0; n < 3; n++) {
      const secret = sender.protectRtcp(report);
      expect(secret.subarray(0, 8)).toEqual(report.subarray(0, 8));
      expect(secret.subarray(8, 64)).not.toEqual(report.subarray(8));
      const again = Buffer.from(secret);
      expect(receiver.unprotectRtcp(secret)).toEqual(report);
      expect(receiver.unprotectRtcp(again)).toBe('replayed');
    }
  });

  it('encrypts with the keystream of AES in counter mode', () => {
    const payload = Buffer.alloc(1000, 0);
    const secret = new SrtpContext(keyOf()).protect(packetOf(7, 0xcafebabe, payload));
    // Session key and salt of RFC 3711, appendix B.3.
    const counter = Buffer.from('30cbbc08863d8c85d49db34a9ae10000', 'hex');
    counter.writeUInt32BE((counter.readUInt32BE(4) ^ 0xcafebabe) >>> 0, 4);
    counter.writeUInt32BE((counter.readUInt32BE(10) ^ 7) >>> 0, 10);
    const cipher = createCipheriv(
      'aes-128-ctr',
      Buffer.from('c61e7a93744f39ee10734afe3ff7a087', 'hex'),
      counter,
    );
    expect(secret.subarray(12, 1012)).toEqual(cipher.update(payload));
  });
});
