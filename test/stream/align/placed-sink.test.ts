import { describe, expect, it } from 'vitest';
import { timedOnArrival } from '../../../src/stream/align/placed-sink.js';
import { turn } from '../../turns.js';

/** A sink that is writing until it is released. */
function slow() {
  const writes: { resolve(): void; reject(error: Error): void }[] = [];
  const write = () => new Promise<void>((resolve, reject) => void writes.push({ resolve, reject }));
  return { sink: { write, end: () => undefined }, writes };
}

describe('a leg that is placed by its arrival', () => {
  it.each([320, 3200, 32_000])(
    'is paused when ten seconds of it are being written, in pieces of %i samples',
    async (piece) => {
      const { sink, writes } = slow();
      const leg = timedOnArrival(sink);
      const write = (position: number) => leg.write(new Int16Array(piece), 48_000 + position);
      let position = 0;
      let held = write(position);
      for (; !held; held = write(position)) position += piece;
      // The last piece is the one too many.
      expect(position).toBe(160_000);
      let over = false;
      const going = held.then(() => {
        over = true;
      });
      // The writes are over one after another: it goes on when its last is.
      for (const { resolve } of writes) {
        expect(over).toBe(false);
        resolve();
        await Promise.resolve();
      }
      await going;
      expect(write(position + piece)).toBeUndefined();
    },
  );

  it('fails with the error of a write', async () => {
    const { sink, writes } = slow();
    const leg = timedOnArrival(sink);
    leg.write(new Int16Array(320), 0);
    writes[0]?.reject(new Error('disk gone'));
    await turn();
    await expect(leg.write(new Int16Array(320), 320)).rejects.toThrow('disk gone');
  });
});
