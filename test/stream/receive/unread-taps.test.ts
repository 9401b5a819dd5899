import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { PcmServer as Server } from '../../../src/pcm.js';

// A worker thread runs compiled code only.
const built = new URL('../../../build/pcm.js', import.meta.url);
const isBuilt = existsSync(built);
const { PcmServer, tapLegs }: typeof import('../../../src/pcm.js') = await import(
  isBuilt ? built.href : '../../../src/pcm.js'
);
const WORKERS = isBuilt ? [0, 1] : [0];

const FRAME = 320;

/** A lease that this program feeds. */
async function fed(server: Server, stream: 'output' | 'capture_mic' = 'output') {
  const lease = await server.lease({ object: 'CALL 1', stream, direction: 'receive' });
  return { lease, feed: lease.feed() };
}

describe('a tap that is not read', () => {
  const POLICIES = ['drop-oldest', 'drop-newest', 'close'] as const;

  it.each(POLICIES.flatMap((policy) => WORKERS.map((workers) => [policy, workers] as const)))(
    'does not delay the end of its stream (%s, with %d worker threads), and delivers its samples when read',
    async (policy, workers) => {
      await using server = new PcmServer({ workers });
      const { lease, feed } = await fed(server);
      const frames = lease.frames({ policy, maxBufferedMs: 100 });
      for (let frame = 0; frame < 4; frame++)
        feed.write(new Int16Array(FRAME).fill(frame + 1), frame * FRAME);
      feed.end();
      expect(await lease.closed).toMatchObject({ kind: 'peer-ended' });
      const read: number[] = [];
      for await (const { samples } of frames) read.push(...new Set(samples));
      expect(read).toEqual([1, 2, 3, 4]);
      expect(lease.stats).toMatchObject({ delivered: 4 * FRAME, dropped: 0, bufferedMs: 0 });
    },
  );

  it('keeps no more than its limit', async () => {
    await using server = new PcmServer();
    const { lease, feed } = await fed(server);
    const frames = lease.frames({ policy: 'drop-oldest', maxBufferedMs: 100 });
    for (let frame = 0; frame < 50; frame++) feed.write(new Int16Array(FRAME), frame * FRAME);
    feed.end();
    await lease.closed;
    let length = 0;
    for await (const { samples } of frames) length += samples.length;
    expect(length).toBeLessThanOrEqual(7 * FRAME);
    expect(lease.stats.dropped + length).toBe(50 * FRAME);
  });

  it.each(WORKERS)('on both legs does not delay their end, with %d worker threads', async (workers) => {
    await using server = new PcmServer({ workers });
    const [remote, local] = [await fed(server), await fed(server, 'capture_mic')];
    const tap = tapLegs({
      ...{ remote: remote.lease, local: local.lease },
      ...{ localSide: 'received', localPaced: true },
    });
    for (const { feed } of [remote, local]) {
      feed.write(new Int16Array(FRAME).fill(7), 0);
      feed.end();
    }
    await Promise.all([remote.lease.closed, local.lease.closed]);
    const first = await tap.next();
    expect(first.value?.remote[0]).toBe(7);
  });

  it('is removed with its reader', async () => {
    await using server = new PcmServer();
    const { lease, feed } = await fed(server);
    const frames = lease.frames({ policy: 'drop-oldest' });
    feed.write(new Int16Array(FRAME), 0);
    await frames.return?.();
    feed.end();
    expect(await frames.next()).toEqual({ done: true, value: undefined });
    expect(await lease.closed).toMatchObject({ kind: 'peer-ended' });
  });
});
