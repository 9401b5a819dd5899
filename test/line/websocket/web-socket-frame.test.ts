import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { frameOf } from '../../../src/line/websocket/web-socket-frame.js';
import { wsReceiver } from './ws-receiver.js';

/** Messages as another implementation reads them. */
function readBack(frames: readonly Uint8Array[], isServer: boolean): (string | Buffer)[] {
  const told: unknown[] = [];
  const receiver = wsReceiver(isServer, 1 << 22, told);
  for (const frame of frames) receiver.write(frame);
  return told as (string | Buffer)[];
}

describe.each([true, false])('frames of messages, masked: %s', (isMasked) => {
  it.each([0, 1, 125, 126, 127, 65_535, 65_536, 100_000])('carry %i bytes', (length) => {
    const bytes = Buffer.alloc(length, 'voice');
    const [read = '', ...others] = readBack([frameOf(bytes, isMasked)], isMasked);
    expect(others).toEqual([]);
    expect(bytes.equals(Buffer.from(read))).toBe(true);
  });

  it('carry any text and any bytes, one after the other', () => {
    const message = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 300 }),
      fc.uint8Array({ maxLength: 300 }),
    );
    fc.assert(
      fc.property(fc.array(message, { maxLength: 20 }), (messages) => {
        const read = readBack(
          messages.map((each) => frameOf(each, isMasked)),
          isMasked,
        );
        expect(read).toEqual(messages.map((each) => (typeof each === 'string' ? each : Buffer.from(each))));
      }),
      { seed: 26, numRuns: 50 },
    );
  });
});

it("masking does not change the caller's message", () => {
  const bytes = new Uint8Array(40).fill(7);
  const [one, other] = [frameOf(bytes, true), frameOf(bytes, true)];
  expect(bytes).toEqual(new Uint8Array(40).fill(7));
  expect(one.equals(other)).toBe(false);
});
