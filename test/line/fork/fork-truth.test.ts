import { type AddressInfo, createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { VirtualClock } from '../../../src/base/time/clock.js';
import { type Fork, fork } from '../../../src/line/fork/fork.js';
import type { ForkOptions } from '../../../src/line/fork/fork-options.js';
import { FedStream } from '../../../src/stream/fed-stream.js';
import { turn, until } from '../../turns.js';

const FRAME = 320;
const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** A receiver that keeps, for each connection, what it was told and the positions of the pairs of samples that it got. */
async function receiver() {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  const sessions: { readonly socket: WebSocket; readonly told: number; readonly pairs: number[] }[] = [];
  let isPaused = false;
  server.on('connection', (socket) => {
    const pairs: number[] = [];
    socket
      .on('error', () => undefined)
      .on('message', (data: Buffer, isBinary) => {
        if (isBinary) {
          pairs.push(...positionsOf(data));
          return;
        }
        const { type, parameters } = JSON.parse(String(data));
        if (type === 'start') sessions.push({ socket, told: Number(parameters.position ?? 0), pairs });
      });
    if (isPaused) socket.pause();
  });
  await new Promise<void>((resolve) => server.once('listening', resolve));
  closing.push(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  return {
    sessions,
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    pause(paused: boolean) {
      isPaused = paused;
      for (const socket of server.clients) paused ? socket.pause() : socket.resume();
    },
    drop() {
      for (const socket of server.clients) socket.terminate();
    },
  };
}

/** Each pair of samples says where it lies; a cut between frames may be anywhere. */
function positionsOf(bytes: Buffer): number[] {
  return Array.from(
    { length: bytes.length / 4 },
    (_, pair) => (bytes.readInt16LE(4 * pair) + (bytes.readInt16LE(4 * pair + 2) << 15)) * 2,
  );
}

function frameAt(position: number): Int16Array {
  return Int16Array.from({ length: FRAME }, (_, i) => {
    const pair = (position + i) >> 1;
    return i % 2 === 0 ? pair & 0x7fff : pair >> 15;
  });
}

/** A fork, and a stream that is fed as its clock goes on. */
async function stage(options: ForkOptions) {
  const clock = new VirtualClock();
  const stream = new FedStream(clock);
  const to = await receiver();
  const told = { dropped: 0, behind: [] as number[], connected: [] as number[] };
  const forked: Fork = fork(stream, to.url, { clock, ...options });
  forked.on('dropped', (samples) => {
    told.dropped += samples;
  });
  forked.on('behind', (ms) => told.behind.push(ms));
  forked.on('connected', (position) => told.connected.push(position));
  let position = 0;
  await until(() => to.sessions.length > 0);
  return {
    ...{ clock, stream, to, told, forked },
    /** Feeds frames of 20 ms, so many at once. */
    async feed(frames: number, burst = 1) {
      for (let at = 0; at < frames; at += burst) {
        for (let of = 0; of < burst; of++, position += FRAME) stream.write(frameAt(position), position);
        await clock.advance(20 * burst);
        await turn();
      }
    },
  };
}

/** Numbers that are the same in each run. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

describe('a fork to a faulty receiver', () => {
  it.each([
    [1, 'drop-oldest'],
    [2, 'drop-newest'],
    [3, 'spill'],
    [4, 'drop-oldest'],
  ] as const)('accounts for every sample, whatever the receiver does (seed %i, %s)', async (seed, policy) => {
    const random = numbers(seed * 7919);
    const { to, told, forked, stream, feed, clock } = await stage({
      ...{ policy, maxBufferedMs: 200 + random(800), reconnect: { firstMs: 20, attempts: 1000 } },
    });
    let drops = 0;
    for (let step = 0; step < 25; step++) {
      const act = random(6);
      if (act === 0) to.pause(true);
      if (act === 1 || act === 2) to.pause(false);
      if (act === 3 && drops < 4) {
        drops++;
        to.drop();
      }
      await feed(1 + random(25));
    }
    to.pause(false);
    while (!forked.stats.connections || forked.stats.connections < told.connected.length) await turn();
    // Until it is connected again and has caught up.
    for (
      let idle = 0;
      idle < 10_000 && forked.stats.sent + forked.stats.dropped < forked.stats.offered;
      idle++
    ) {
      await clock.advance(20);
      await turn();
    }
    const { offered, sent, dropped } = forked.stats;
    expect(offered).toBe(stream.received.position);
    expect(sent + dropped).toBe(offered);
    stream.end({ kind: 'over' });
    expect(await forked.closed).toMatchObject({ kind: 'closed' });
    const all = () => to.sessions.flatMap(({ pairs }) => pairs);
    if (drops === 0) await until(() => all().length * 2 === sent);
    // Each sample once, in order; what is missing was dropped, or was on its way when a connection broke.
    const got = all();
    expect(got.findIndex((position, at) => at > 0 && position <= (got[at - 1] ?? 0))).toBe(-1);
    expect(got.length * 2).toBeLessThanOrEqual(sent);
    expect(Math.max(...got.slice(-1))).toBeLessThan(offered);
    for (const { told: position, pairs } of to.sessions)
      if (pairs.length > 0) expect(pairs[0]).toBe(position);
    expect(told.dropped).toBe(dropped);
  });

  it('is reported as behind while the backlog of its receiver does not drain', async () => {
    const { to, told, forked, feed } = await stage({ maxBufferedMs: 2000 });
    await feed(550, 5);
    expect(told.behind).toEqual([]);
    expect(forked.stats.delayMs).toBe(0);
    to.pause(true);
    await feed(1100, 5);
    expect(told.behind.length).toBeGreaterThanOrEqual(1);
    expect(forked.stats.delayMs).toBeGreaterThan(300);
    to.pause(false);
    await until(async () => {
      await feed(5, 5);
      return forked.stats.delayMs === 0;
    });
    await forked.close();
  });

  it('that takes nothing does not affect a second fork of the same stream', async () => {
    const clock = new VirtualClock();
    const stream = new FedStream(clock);
    const [bad, good] = [await receiver(), await receiver()];
    bad.pause(true);
    const forks = [bad, good].map(({ url }) => fork(stream, url, { clock, maxBufferedMs: 300 }));
    await until(() => forks.every(({ stats }) => stats.connections === 1));
    for (let at = 0; at < 1000; at++) {
      stream.write(frameAt(at * FRAME), at * FRAME);
      await clock.advance(20);
      if (at % 10 === 0) await turn();
    }
    await until(() => good.sessions[0]?.pairs.length === 160_000);
    expect(forks[1]?.stats).toMatchObject({ sent: 320_000, dropped: 0 });
    expect(forks[0]?.stats.dropped).toBeGreaterThan(200_000);
    await Promise.all(forks.map((each) => each.close()));
  });
});

it('a fork by TCP continues at the next sample when its receiver returns', async () => {
  const clock = new VirtualClock();
  const stream = new FedStream(clock, { sampleRate: 8000, channels: 1 });
  const pieces: Buffer[][] = [];
  const server = createServer((socket) => {
    const mine: Buffer[] = [];
    pieces.push(mine);
    socket
      .on('error', () => undefined)
      .on('data', (bytes) => {
        mine.push(bytes);
        if (pieces.length === 1 && Buffer.concat(mine).length > 5000) socket.destroy();
      });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => server.close());
  const url = `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const forked = fork(stream, url, { clock, id: 'call-7', maxBufferedMs: 10_000 });
  await until(() => forked.stats.connections === 1);
  for (let at = 0; at < 200 || forked.stats.connections < 2; at++) {
    stream.write(
      Int16Array.from({ length: 160 }, (_, i) => ((at * 160 + i) % 32_000) + 1),
      at * 160,
    );
    await clock.advance(20);
    await turn();
  }
  stream.end({ kind: 'over' });
  await forked.closed;
  await until(() => Buffer.concat(pieces[1] ?? []).length > 4000);
  const [head = Buffer.alloc(0)] = pieces.map((each) => Buffer.concat(each)).slice(1);
  expect(head.subarray(0, 7).toString()).toBe('call-7\0');
  const samples = Array.from({ length: 1000 }, (_, i) => head.readInt16LE(7 + 2 * i));
  expect(samples.every((value, i) => i === 0 || value === ((samples[i - 1] ?? 0) % 32_000) + 1)).toBe(true);
});

it('a fork pings its receiver at a limited rate, and a pong does not cause another ping', async () => {
  const { to, feed, forked, clock } = await stage({});
  let pings = 0;
  to.sessions[0]?.socket.on('ping', () => pings++);
  await feed(100);
  await until(() => pings > 0);
  for (let at = 0; at < 100; at++) {
    await clock.advance(20);
    await turn();
  }
  // Two seconds of audio, ten questions a second at the most.
  expect(pings).toBeLessThanOrEqual(21);
  await forked.close();
});
