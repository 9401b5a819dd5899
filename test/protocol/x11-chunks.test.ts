import fc from 'fast-check';
import { expect, test } from 'vitest';
import { X11_CHUNK_BYTES, X11Assembler, x11Chunks } from '../../src/protocol/x11-chunks.js';
import { anyText } from '../any-text.js';

function assemble(assembler: X11Assembler, chunks: readonly Uint8Array[]): (string | undefined)[] {
  return chunks.map((chunk, index) => assembler.push(index === 0, chunk));
}

test('the terminating NUL is sent: 19 bytes fit one event, 20 bytes take two', () => {
  expect(x11Chunks('')).toEqual([new Uint8Array(20)]);
  expect(x11Chunks('a'.repeat(19))).toHaveLength(1);
  expect(x11Chunks('a'.repeat(20))).toHaveLength(2);
  expect(x11Chunks('a'.repeat(20))[1]).toEqual(new Uint8Array(20));
  expect(x11Chunks('ü'.repeat(10))).toHaveLength(2);
});

test('every text without NUL is joined again from pieces of 20 bytes', () => {
  const text = anyText({ maxLength: 300 }).map((value) => value.replaceAll('\0', ''));
  fc.assert(
    fc.property(fc.array(text, { maxLength: 5 }), (texts) => {
      const assembler = new X11Assembler();
      for (const sent of texts) {
        const chunks = x11Chunks(sent);
        expect(chunks.every((chunk) => chunk.length === X11_CHUNK_BYTES)).toBe(true);
        const got = assemble(assembler, chunks);
        expect(got.slice(0, -1).every((value) => value === undefined)).toBe(true);
        expect(got.at(-1)).toBe(sent);
      }
      expect(assembler.dropped).toBe(0);
    }),
  );
});

test('a NUL in the text is refused', () => {
  expect(() => x11Chunks('a\0b')).toThrow(expect.objectContaining({ code: 'ERR_LINE_BREAK' }));
});

test('pieces that cannot be joined are counted, and the next message is whole', () => {
  const assembler = new X11Assembler();
  const long = x11Chunks('a message that is longer than twenty bytes');
  expect(assembler.push(false, long.at(-1)!)).toBeUndefined();
  expect(assembler.dropped).toBe(1);
  expect(assembler.push(true, long[0]!)).toBeUndefined();
  expect(assembler.push(true, x11Chunks('PONG')[0]!)).toBe('PONG');
  expect(assembler.dropped).toBe(2);
  const invalid = new Uint8Array(20);
  invalid[0] = 0xff;
  expect(assembler.push(true, invalid)).toBeUndefined();
  expect(assembler.dropped).toBe(3);
});

test('a sender that never ends its message is cut off, for any content', () => {
  const assembler = new X11Assembler();
  const endless = new Uint8Array(20).fill(0x41);
  for (let index = 0; index < 60_000; index++) assembler.push(index === 0, endless);
  expect(assembler.dropped).toBe(1);
  expect(assembler.push(true, x11Chunks('OK')[0]!)).toBe('OK');
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.boolean(), fc.uint8Array({ minLength: 20, maxLength: 20 }))),
      (events) => {
        const fuzzed = new X11Assembler();
        for (const [begin, bytes] of events) fuzzed.push(begin, bytes);
      },
    ),
  );
});
