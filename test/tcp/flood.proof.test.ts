import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import type { ReadClass } from '../../src/stream/pcm-stream.js';
import { PcmServer } from '../../src/tcp/pcm-server.js';
import { turn } from '../turns.js';
import { expectBalance, Witness } from './witness.js';

const MEGABYTES = 384;

/** A process that connects and sends a ramp as fast as it is taken. */
function flood(port: number) {
  const script = `
    const block = Buffer.from(Int16Array.from({ length: 1 << 19 }, (_, index) => index).buffer);
    const socket = net.connect(Number(process.argv[1]), '127.0.0.1');
    let left = ${MEGABYTES};
    const go = () => {
      while (left-- > 0) if (!socket.write(block)) return socket.once('drain', go);
      socket.end();
    };
    socket.on('connect', go).on('close', () => process.exit()).resume();`;
  return spawn(process.execPath, ['-e', script, String(port)], { stdio: 'ignore' });
}

/** Takes all, and notices a sample that is not where it belongs. */
class RampChecker {
  readonly synchronous = true;
  heard = 0;

  write(samples: Int16Array, position: number): void {
    expect(position).toBe(this.heard);
    for (const index of [0, samples.length >> 1, samples.length - 1]) {
      expect(samples[index]).toBe(((position + index) << 16) >> 16);
    }
    this.heard += samples.length;
  }

  end(): void {}
}

test.for<ReadClass>(['batched', 'immediate'])(
  'a flood at the speed of loopback, read %s, is limited and counted, and does not affect others',
  async (readClass, { annotate }) => {
    await using server = new PcmServer();
    const witness = await Witness.on(server);
    const [slow, quick] = await Promise.all(
      ['CALL 14', 'CALL 15'].map((object) =>
        server.lease({ object, stream: 'output', direction: 'receive', readClass }),
      ),
    );
    if (!slow || !quick) throw new Error('no leases');
    const handle = slow.addSink(
      { write: turn, end: () => {} },
      { policy: 'drop-oldest', maxBufferedMs: 500 },
    );
    const checker = new RampChecker();
    quick.addSink(checker);
    const before = process.memoryUsage.rss();
    for (const lease of [slow, quick]) {
      const child = flood(lease.port);
      await lease.claimed();
      const start = performance.now();
      await witness.speakUntil(lease.closed);
      const seconds = (performance.now() - start) / 1000;
      await annotate(`${((MEGABYTES * 1.048576) / 1000 / seconds).toFixed(2)} GB/s`);
      expect(await lease.closed).toEqual({ kind: 'peer-ended' });
      expect(lease.stats.bytesReceived).toBe(MEGABYTES << 20);
      expectBalance(lease);
      expect(handle.stats.buffered).toBeLessThanOrEqual(8000);
      if (child.exitCode === null) await once(child, 'exit');
    }
    expect(slow.stats.dropped).toBeGreaterThan(0);
    expect(checker.heard).toBe(MEGABYTES << 19);
    expect(process.memoryUsage.rss() - before).toBeLessThan(128 << 20);
    await witness.end();
  },
);
