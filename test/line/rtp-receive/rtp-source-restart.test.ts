import { expect, it } from 'vitest';
import { RtpSource } from '../../../src/line/rtp-receive/rtp-source.js';

it.each([
  ['lower', 1000],
  ['much lower', -30_000],
  ['higher', 20_000],
])('a source that restarts with a %s number loses one packet', (_, distance) => {
  const source = new RtpSource(7, 8000);
  const payload = Buffer.alloc(160);
  let count = 0;
  const take = (sequence: number) => {
    const atMs = 20 * count;
    const timestamp = 160 * count++;
    return source.take(
      { payloadType: 0, marker: false, sequence: sequence & 0xffff, timestamp, ssrc: 7, payload },
      atMs,
    );
  };
  for (let n = 0; n < 3000; n++) take(30_000 + n);
  const outcomes = Array.from({ length: 200 }, (_each, n) => take(30_000 + distance + n));
  expect(outcomes.filter((outcome) => outcome === 'stray')).toHaveLength(1);
  const numbers = outcomes.flatMap((outcome) => (typeof outcome === 'string' ? [] : [outcome.sequence]));
  expect(numbers.every((number, n) => n === 0 || number === (numbers[n - 1] ?? 0) + 1)).toBe(true);
  expect(source).toMatchObject({ received: 3199, lost: 0, reordered: 0, duplicates: 0 });
});
