import { MessageChannel } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { pooledSamples } from '../../../src/voice/process/pooled-samples.js';

it('arrays of any length have their own samples, though short ones share memory', () => {
  const arrays = Array.from({ length: 3000 }, (_, at) => pooledSamples(at % 1100).fill(at));
  arrays.forEach((each, at) => {
    expect(each).toHaveLength(at % 1100);
    expect(each.every((sample) => sample === at)).toBe(true);
  });
  expect(new Set(arrays.map(({ buffer }) => buffer)).size).toBeLessThan(1000);
});

it('shared memory cannot be transferred away', () => {
  const [one, other] = [pooledSamples(10).fill(1), pooledSamples(10).fill(2)];
  const { port1, port2 } = new MessageChannel();
  // Some versions of Node refuse it, and others copy.
  try {
    port1.postMessage(one, [one.buffer as ArrayBuffer]);
  } catch {}
  expect([...one, ...other]).toEqual([...new Array(10).fill(1), ...new Array(10).fill(2)]);
  port1.close();
  port2.close();
});
