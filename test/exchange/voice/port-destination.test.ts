import { once } from 'node:events';
import { Socket } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { SocketTable } from '../../../src/base/system/socket-table.js';
import { until } from '../../turns.js';
import { PcmPort } from '../ports.js';
import { CountingCard, counted, redirected, talk } from '../voice-stage.js';
import { type World, world } from '../world.js';

const SECOND = 16_000;
const onLinux = process.platform === 'linux';

afterEach(() => void vi.restoreAllMocks());

/** Bob's OUTPUT goes to a port, Alice's microphone counts. */
async function stage(patienceMs = 0) {
  const w = await world({
    users: [{ handle: 'alice', soundCard: new CountingCard() }, { handle: 'bob' }],
    patienceMs,
  });
  const port = await PcmPort.open({ highWaterMark: 1 });
  const { bob, in_ } = await talk(w, async ({ bob, in_ }) => {
    await redirected(bob, `ALTER CALL ${in_} SET_OUTPUT PORT="${port.port}"`);
  });
  const socket = await port.connected;
  let [sent, got] = [0, 0];
  const { write } = Socket.prototype;
  vi.spyOn(Socket.prototype, 'write').mockImplementation(function (this: Socket, ...args) {
    if (this.remotePort === port.port) sent += (args[0] as Buffer).length / 2;
    return write.apply(this, args as Parameters<typeof write>);
  });
  socket.on('data', (bytes: Buffer) => {
    got += bytes.length / 2;
  });
  /** Waits until all has come that was sent. */
  const caughtUp = () => until(() => got === sent);
  return { w, port, bob, in_, socket, got: () => got, caughtUp, ticksUntil: ticks(w) };
}

/** Lets ticks pass, each of which the system answers in when it is asked, until `done`. */
function ticks(w: World) {
  const asked = new Set<unknown>();
  const { rowOf } = SocketTable.prototype;
  vi.spyOn(SocketTable.prototype, 'rowOf').mockImplementation(function (this: SocketTable, ...args) {
    const row = rowOf.apply(this, args);
    asked.add(row);
    void row.finally(() => asked.delete(row));
    return row;
  });
  return async (done: () => boolean) => {
    for (let tick = 0; tick < 3000 && !done(); tick++) {
      await w.clock.advance(20);
      await until(() => asked.size === 0);
    }
    expect(done()).toBe(true);
  };
}

/** The microphone counts to this, then begins anew. */
const COUNTED = 30_011;

/** How many samples are missing, as far as the count tells; within a frame none may be. */
function skippedIn(samples: Int16Array): number {
  let skipped = 0;
  for (let at = 0; at < samples.length; at += 320) {
    const first = (samples[at] ?? 0) - 1;
    const gap = (first - (at % COUNTED) - skipped + 2 * COUNTED) % COUNTED;
    skipped = (skipped + gap) % COUNTED;
    const frame = samples.subarray(at, at + 320);
    expect(frame.findIndex((sample, index) => sample !== counted(first + index))).toBe(-1);
  }
  return skipped;
}

describe('a peer that does not read', () => {
  it.skipIf(!onLinux).each([5, 20, 120])(
    'for %i seconds then gets at most half a second of old voice, and the rest is counted as lost (needs Linux)',
    async (seconds) => {
      const { w, port, bob, in_, socket, got, caughtUp, ticksUntil } = await stage();
      await using _ = w;
      await ticksUntil(() => got() >= SECOND / 2);
      socket.pause();
      await w.clock.advance((seconds - 1) * 1000);
      // The system is asked meanwhile, and answers before the peer reads on.
      let ticks = 0;
      await ticksUntil(() => ++ticks > 50);
      const before = got();
      socket.resume();
      // What the system kept for it comes at once.
      await caughtUp();
      // One frame was with its process already.
      expect(got() - before).toBeLessThanOrEqual(SECOND / 2 + 320);
      expect(got() - before).toBeGreaterThan(SECOND / 4);
      const old = got();
      // Then it hears what is said now.
      await ticksUntil(() => got() > old + SECOND);
      const closed = once(w.exchange, 'stream-closed');
      bob.send(`ALTER CALL ${in_} HANGUP`);
      const [{ stats }] = await closed;
      const heard = await port.received;
      expect(stats.moved).toBe(heard.length);
      expect(stats.dropped).toBeGreaterThanOrEqual((seconds - 1) * SECOND - 320);
      expect(skippedIn(heard)).toBe(stats.dropped % COUNTED);
      await port[Symbol.asyncDispose]();
    },
    60_000,
  );

  it.each([300, 500, 700])('for %i ms loses nothing', async (ms) => {
    const { w, port, bob, in_, socket, got, caughtUp, ticksUntil } = await stage();
    await using _ = w;
    for (let time = 0; time < 5; time++) {
      const before = got();
      await ticksUntil(() => got() >= before + SECOND);
      socket.pause();
      await w.clock.advance(ms);
      socket.resume();
      await caughtUp();
    }
    const closed = once(w.exchange, 'stream-closed');
    bob.send(`ALTER CALL ${in_} HANGUP`);
    const [{ stats }] = await closed;
    const heard = await port.received;
    expect(stats).toMatchObject({ moved: heard.length, dropped: 0 });
    expect(skippedIn(heard)).toBe(0);
    await port[Symbol.asyncDispose]();
  });

  it('and then vanishes does not hold up the call', async () => {
    const { w, port, bob, in_, socket } = await stage();
    await using _ = w;
    socket.pause();
    await w.clock.advance(5000);
    socket.resetAndDestroy();
    await w.clock.advance(5000);
    expect(bob.told(`CALL ${in_} STATUS`).at(-1)).toBe('INPROGRESS');
    expect(bob.told(`CALL ${in_} DURATION`).at(-1)).toBe('10');
    await port[Symbol.asyncDispose]();
  });
});

describe('a peer that reads', () => {
  it('loses nothing, however fast a virtual clock runs', async () => {
    const { w, port, bob, in_ } = await stage();
    await using _ = w;
    await w.clock.advance(60_000 - 10);
    const closed = once(w.exchange, 'stream-closed');
    bob.send(`ALTER CALL ${in_} HANGUP`);
    const [{ stats }] = await closed;
    const heard = await port.received;
    expect(stats).toMatchObject({ moved: 60 * SECOND, dropped: 0 });
    expect(heard.length).toBe(60 * SECOND);
    await port[Symbol.asyncDispose]();
  });
});

describe('pieces of 10 ms', () => {
  it('go out each 10 ms, in order, on both legs', async () => {
    await using w = await world({
      users: [{ handle: 'alice', soundCard: new CountingCard() }, { handle: 'bob' }],
      pieceMs: 10,
    });
    await using output = await PcmPort.open();
    await using capture = await PcmPort.open();
    const { write } = Socket.prototype;
    const times: { at: number; port: number; bytes: number }[] = [];
    vi.spyOn(Socket.prototype, 'write').mockImplementation(function (this: Socket, ...args) {
      const { remotePort: port = 0 } = this;
      times.push({ at: w.clock.now(), port, bytes: (args[0] as Buffer).length });
      return write.apply(this, args as Parameters<typeof write>);
    });
    const { alice, out } = await talk(w, async ({ alice, bob, out, in_ }) => {
      await redirected(alice, `ALTER CALL ${out} SET_CAPTURE_MIC PORT="${capture.port}"`);
      await redirected(bob, `ALTER CALL ${in_} SET_OUTPUT PORT="${output.port}"`);
    });
    const begun = w.clock.now();
    await w.clock.advance(995);
    alice.send(`ALTER CALL ${out} HANGUP`);
    const expected = Int16Array.from({ length: SECOND }, (_, at) => counted(at));
    expect(await output.received).toEqual(expected);
    expect(await capture.received).toEqual(expected);
    for (const { port } of [output, capture]) {
      const own = times.filter((piece) => piece.port === port);
      expect(own.map(({ at }) => at - begun)).toEqual(Array.from({ length: 100 }, (_, index) => index * 10));
      expect(new Set(own.map(({ bytes }) => bytes))).toEqual(new Set([320]));
    }
  });
});
