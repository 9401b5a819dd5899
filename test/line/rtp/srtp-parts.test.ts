import { createCipheriv, createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HmacSha1 } from '../../../src/line/rtp/hmac-sha1.js';
import { deriveKey, SrtpKeystream } from '../../../src/line/rtp/srtp-keystream.js';

const hex = (text: string) => Buffer.from(text, 'hex');

function digestOf(hmac: HmacSha1): Buffer {
  const digest = Buffer.alloc(20);
  hmac.copyTo(digest, 0, 20);
  return digest;
}

describe('HMAC-SHA1', () => {
  it.each([
    // RFC 2202, section 3, cases 1 to 5: those whose key fits into a block.
    [Buffer.alloc(20, 0x0b), Buffer.from('Hi There'), 'b617318655057264e28bc0b6fb378c8ef146be00'],
    [
      Buffer.from('Jefe'),
      Buffer.from('what do ya want for nothing?'),
      'effcdf6ae5eb2fa2d27416d5f184df9c259a7c79',
    ],
    [Buffer.alloc(20, 0xaa), Buffer.alloc(50, 0xdd), '125d7342b9ac11cd91a39af48aa17b4f63f175d3'],
    [
      hex('0102030405060708090a0b0c0d0e0f10111213141516171819'),
      Buffer.alloc(50, 0xcd),
      '4c9007f4026250c6bc8414f9bf50c86c2d7235da',
    ],
    [Buffer.alloc(20, 0x0c), Buffer.from('Test With Truncation'), '4c1a03424b55e07fe7f27be1d58bb9324a9a5a04'],
  ])('of a published message: %#', (key, message, digest) => {
    const hmac = new HmacSha1(key);
    hmac.take(message, message.length);
    expect(digestOf(hmac).toString('hex')).toBe(digest);
  });

  it('is that of node:crypto, also when the object is used again', () => {
    const message = fc.record({
      bytes: fc.uint8Array({ maxLength: 400 }),
      word: fc.option(fc.integer({ min: 0, max: 2 ** 32 - 1 }), { nil: undefined }),
    });
    const keys = fc.uint8Array({ maxLength: 64 });
    fc.assert(
      fc.property(keys, fc.array(message, { minLength: 1, maxLength: 4 }), (key, messages) => {
        const hmac = new HmacSha1(key);
        for (const { bytes, word } of messages) {
          hmac.take(bytes, bytes.length, word);
          const theirs = createHmac('sha1', key).update(bytes);
          if (word !== undefined) theirs.update(hex(word.toString(16).padStart(8, '0')));
          expect(digestOf(hmac).equals(theirs.digest())).toBe(true);
        }
      }),
    );
  });

  it('is right for every length around the block size', () => {
    const key = Buffer.alloc(20, 9);
    const hmac = new HmacSha1(key);
    const bytes = Buffer.from(Array.from({ length: 200 }, (_, i) => i));
    for (let length = 0; length <= bytes.length; length++) {
      hmac.take(bytes, length);
      const theirs = createHmac('sha1', key).update(bytes.subarray(0, length)).digest();
      expect(digestOf(hmac).equals(theirs)).toBe(true);
    }
  });

  it('matches a tag that is the beginning of the digest, and no other', () => {
    const hmac = new HmacSha1(Buffer.alloc(20, 1));
    hmac.take(Buffer.alloc(172), 172, 5);
    const tagged = Buffer.alloc(30);
    hmac.copyTo(tagged, 20, 10);
    expect(hmac.matches(tagged, 20, 10)).toBe(true);
    for (let at = 20; at < 30; at++) {
      const changed = Buffer.from(tagged);
      changed[at] = (changed[at] ?? 0) ^ 0x80;
      expect(hmac.matches(changed, 20, 10)).toBe(false);
    }
  });
});

describe('keystream of SRTP', () => {
  it('is the published one', () => {
    // RFC 3711, appendix B.2: session key and salt; neither source nor index.
    const key = hex('2b7e151628aed2a6abf7158809cf4f3c');
    const salt = hex('f0f1f2f3f4f5f6f7f8f9fafbfcfd');
    const stream = Buffer.alloc(0xff02 * 16);
    new SrtpKeystream(key, salt).cover(stream, 0, stream.length, 0, 0);
    expect(stream.toString('hex', 0, 48)).toBe(
      'e03ead0935c95e80e166b16dd92b4eb4d23513162b02d0f72a43a2fe4a5f97ab41e95b3bb0a2e8dd477901e4fca894c0',
    );
    expect(stream.toString('hex', 0xfeff * 16)).toBe(
      'ec8cdf7398607cb0f2d21675ea9ea1e4362b7c3c6773516318a077d7fc5073ae6a2cc3787889374fbeb4c81b17ba6c44',
    );
  });

  it('keys are the published ones', () => {
    // RFC 3711, appendix B.3.
    const master = hex('e1f97a0d3e018be0d64fa32c06de4139');
    const salt = hex('0ec675ad498afeebb6960b3aabe6');
    expect(deriveKey(master, salt, 0, 16).toString('hex')).toBe('c61e7a93744f39ee10734afe3ff7a087');
    expect(deriveKey(master, salt, 2, 14).toString('hex')).toBe('30cbbc08863d8c85d49db34a9ae1');
    expect(deriveKey(master, salt, 1, 20).toString('hex')).toBe('cebe321f6ff7716b6fd4ab49af256a156d38baa4');
  });

  it('is that of AES in counter mode, whatever order, source and length packets have', () => {
    const key = Buffer.alloc(16, 3);
    const salt = Buffer.alloc(14, 4);
    const near = fc.integer({ min: -20, max: 40 });
    const base = fc.constantFrom(100, 0xffff_fff0, 2 ** 32 + 5, 2 ** 47);
    const packet = fc.record({
      ssrc: fc.constantFrom(7, 0xcafe_babe),
      step: near,
      length: fc.oneof(fc.constant(160), fc.integer({ min: 0, max: 700 })),
      start: fc.constantFrom(0, 12),
    });
    fc.assert(
      fc.property(
        base,
        fc.array(packet, { maxLength: 20 }),
        fc.constantFrom(1, 16),
        (from, packets, ahead) => {
          const stream = new SrtpKeystream(key, salt, ahead);
          for (const { ssrc, step, length, start } of packets) {
            const bytes = Buffer.alloc(start + length + 8, 0x55);
            const expected = Buffer.from(bytes);
            const index = from + step;
            const counter = Buffer.concat([salt, Buffer.alloc(2)]);
            counter.writeUInt32BE((counter.readUInt32BE(4) ^ ssrc) >>> 0, 4);
            const words = BigInt(`0x${counter.toString('hex', 8, 14)}`) ^ BigInt(index);
            counter.write(words.toString(16).padStart(12, '0'), 8, 'hex');
            createCipheriv('aes-128-ctr', key, counter)
              .update(expected.subarray(start, start + length))
              .copy(expected, start);
            stream.cover(bytes, start, start + length, ssrc, index);
            expect(bytes.equals(expected)).toBe(true);
          }
        },
      ),
      { numRuns: 50 },
    );
  });
});
