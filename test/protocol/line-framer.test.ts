import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FramingError, LineFramer, type LineFramerOptions } from '../../src/protocol/line-framer.js';
import { anyText } from '../any-text.js';

const encoder = new TextEncoder();

/** Pushes `bytes` cut at `cuts`; what came out, and the error that ended it. */
function frame(bytes: Uint8Array, cuts: readonly number[], options: LineFramerOptions = {}) {
  const framer = new LineFramer(options);
  const lines: string[] = [];
  let peak = 0;
  const edges = [0, ...[...cuts].sort((a, b) => a - b), bytes.length];
  for (const [i, start] of edges.slice(0, -1).entries()) {
    try {
      lines.push(...framer.push(bytes.subarray(start, edges[i + 1])));
      peak = Math.max(peak, framer.pendingBytes);
    } catch (error) {
      if (!(error instanceof FramingError)) throw error;
      lines.push(...error.lines);
      return { lines, error: { code: error.code, offset: error.offset }, peak };
    }
  }
  return { lines, error: undefined, peak };
}

const stream = encoder.encode('PING\r\nNAME Žofie 😀\0\nGET CALL 5 STATUS\n#1 CALL echo123\0half');
const whole = ['PING', 'NAME Žofie 😀', 'GET CALL 5 STATUS', '#1 CALL echo123'];

describe('LineFramer', () => {
  it('gives the same messages at every split in two', () => {
    for (let cut = 0; cut <= stream.length; cut++) expect(frame(stream, [cut]).lines).toEqual(whole);
  });

  it('gives the same messages byte by byte', () => {
    const everyByte = Array.from(stream, (_, i) => i);
    expect(frame(stream, everyByte)).toEqual({ lines: whole, error: undefined, peak: 17 });
  });

  it('ends messages only with LF, or only with NUL, as configured', () => {
    const bytes = encoder.encode('one\ntwo\0three\r\n');
    expect(frame(bytes, [], { terminator: 'lf' }).lines).toEqual(['one', 'two\0three']);
    expect(frame(bytes, [], { terminator: 'nul' }).lines).toEqual(['one\ntwo']);
  });

  it('switches to NUL after the announced message, at every split', () => {
    const bytes = encoder.encode('AUTH\nFRAMING\nFRAMING\0a\nb\0\r\nc\0half\n');
    for (let cut = 0; cut <= bytes.length; cut++) {
      const framer = new LineFramer();
      framer.expectNulAfter('FRAMING');
      const lines = [...framer.push(bytes.subarray(0, cut)), ...framer.push(bytes.subarray(cut))];
      expect(lines).toEqual(['AUTH', 'FRAMING', 'FRAMING', 'a\nb', '\r\nc']);
      expect([framer.terminator, framer.pendingBytes]).toEqual(['nul', 5]);
    }
  });

  it('joins a long message from many small chunks, and takes a limit above the default', () => {
    const long = 'MESSAGE echo123 '.padEnd(1_500_000, 'žluťoučký ');
    const bytes = encoder.encode(`PING\n${long}\nPING\n`);
    const cuts = Array.from({ length: bytes.length / 4999 }, (_, i) => i * 4999);
    expect(frame(bytes, cuts, { maxLineBytes: 4_000_000 }).lines).toEqual(['PING', long, 'PING']);
    expect(frame(bytes, cuts)).toMatchObject({
      lines: ['PING'],
      error: { code: 'ERR_LINE_TOO_LONG', offset: 1_048_581 },
    });
  });

  it('lets the chunk be used again', () => {
    const framer = new LineFramer();
    const buffer = encoder.encode('PI');
    framer.push(buffer);
    buffer.set(encoder.encode('NG'));
    expect(framer.push(buffer)).toEqual([]);
    expect(framer.push(encoder.encode('\n'))).toEqual(['PING']);
  });

  it.each([
    ['12345678\r\n', undefined],
    ['ok\n123456789\n', { code: 'ERR_LINE_TOO_LONG', offset: 11 }],
    ['ok\n1234567890123', { code: 'ERR_LINE_TOO_LONG', offset: 11 }],
  ])('holds no more than maxLineBytes: %j', (text, error) => {
    const bytes = encoder.encode(text);
    for (let cut = 0; cut <= bytes.length; cut++) {
      const framed = frame(bytes, [cut], { maxLineBytes: 8 });
      expect(framed.error).toEqual(error);
      expect(framed.lines).toEqual(error ? ['ok'] : ['12345678']);
    }
  });

  it.each([
    ['a lone continuation byte', [0x80], 0],
    ['a sequence cut off by the terminator', [0xe2, 0x82], 0],
    ['an overlong slash', [0xc0, 0xaf], 0],
    ['an overlong three-byte form', [0xe0, 0x80, 0x80], 0],
    ['a surrogate', [0xed, 0xa0, 0x80], 0],
    ['beyond U+10FFFF', [0xf4, 0x90, 0x80, 0x80], 0],
    ['after good ones', [0xc5, 0xbd, 0xf0, 0x9f, 0x98, 0x80, 0xff], 6],
  ])('reports the offset of invalid UTF-8: %s', (_, bytes, at) => {
    const input = Uint8Array.from([...encoder.encode('ok\nab'), ...bytes, 0x0a]);
    for (let cut = 0; cut <= input.length; cut++) {
      const expected = { lines: ['ok'], error: { code: 'ERR_INVALID_UTF8', offset: 5 + at } };
      expect(frame(input, [cut])).toMatchObject(expected);
    }
  });

  it('stays ended after a fault', () => {
    const framer = new LineFramer({ maxLineBytes: 4 });
    expect(() => framer.push(encoder.encode('a\n123456'))).toThrow(FramingError);
    expect(framer.pendingBytes).toBe(0);
    expect(() => framer.push(encoder.encode('PING\n'))).toThrow(
      expect.objectContaining({ code: 'ERR_LINE_TOO_LONG', lines: [] }),
    );
  });

  it('throws nothing but a framing error, for any bytes and any split', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      anyText({ maxLength: 100 }).map((text) => encoder.encode(text)),
    );
    const terminator = fc.constantFrom('lf' as const, 'nul' as const, 'either' as const);
    fc.assert(
      fc.property(bytes, fc.array(fc.nat(200)), terminator, (input, positions, ends) => {
        const cuts = positions.map((position) => Math.min(position, input.length));
        const options = { maxLineBytes: 16, terminator: ends };
        const split = frame(input, cuts, options);
        expect(split.peak).toBeLessThanOrEqual(17);
        const { lines, error } = frame(input, [], options);
        expect({ lines: split.lines, error: split.error }).toEqual({ lines, error });
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    [{ maxLineBytes: 0 }, /maxLineBytes/],
    [{ maxLineBytes: 1.5 }, /maxLineBytes/],
    [{ terminator: 'crlf' as 'lf' }, /terminator/],
  ])('refuses %j', (options, message) => {
    expect(() => new LineFramer(options)).toThrow(message);
  });
});
