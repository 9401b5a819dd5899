import { describe, expect, test } from 'vitest';
import { VOICE_FORMAT } from '../../../src/base/pcm.js';
import { VirtualClock } from '../../../src/base/time/clock.js';
import { TimingWheel } from '../../../src/base/time/timing-wheel.js';
import { ClockTimeline } from '../../../src/stream/send/clock-timeline.js';
import { PacedWriter } from '../../../src/stream/send/paced-writer.js';
import { PcmServer } from '../../../src/tcp/pcm-server.js';
import { expectSame } from '../../same-samples.js';
import { bytes, dial, ramp, readBytes, samplesOf } from '../../tcp/peers.js';

/** Lets sources run until nothing more happens. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
}

describe('the clock as a timeline', () => {
  test('drifts by less than a frame in an hour, and readers in steps of 10 or 20 ms always find enough', async () => {
    const clock = new VirtualClock();
    const wheel = new TimingWheel(clock, { intervalMs: 20, slots: 4 });
    await clock.advance(3.3);
    const claimedAt = clock.now();
    const timeline = new ClockTimeline(clock, wheel, 16_000);
    const writer = new PacedWriter({ format: VOICE_FORMAT, leadSamples: 960, timelineStart: 0 });
    writer.start({ write: () => true, end: () => {} }, timeline);
    let least = Number.POSITIVE_INFINITY;
    let most = 0;
    for (let step = 1; step <= 360_000; step++) {
      await clock.advance(10);
      const ahead = writer.position - (clock.now() - claimedAt) * 16;
      least = Math.min(least, ahead);
      most = Math.max(most, ahead);
    }
    expect(least).toBeGreaterThanOrEqual(640);
    expect(most).toBeLessThanOrEqual(960);
    timeline.end();
    expect(wheel.size).toBe(0);
  });

  test('follows a wheel that visits each member once in its interval, and a removed one no longer', async () => {
    const clock = new VirtualClock();
    const visits: number[] = [];
    const wheel = new TimingWheel(clock, { intervalMs: 100, slots: 10 });
    const members = Array.from({ length: 30 }, (_, id) => ({ visit: () => void visits.push(id) }));
    for (const member of members) wheel.add(member);
    await clock.advance(1000);
    expect(visits.length).toBe(300);
    const [first] = members;
    if (first) wheel.delete(first);
    expect(wheel.size).toBe(29);
    visits.length = 0;
    await clock.advance(100);
    expect(visits.length).toBe(29);
    expect(wheel.lateness.percentile(0.99)).toBe(0);
  });
});

test('a wheel visits neighbours one after another, and spreads many members over its interval', async () => {
  const clock = new VirtualClock();
  const wheel = new TimingWheel(clock, { intervalMs: 100, slots: 4 });
  const visitsAt = new Map<number, number[]>();
  const members = Array.from({ length: 1000 }, (_, id) => ({
    visit: () => void visitsAt.set(clock.now(), [...(visitsAt.get(clock.now()) ?? []), id]),
  }));
  for (const member of members) wheel.add(member);
  await clock.advance(100);
  const slots = [...visitsAt.values()];
  expect(slots.flat().toSorted((a, b) => a - b)).toEqual(members.map((_, id) => id));
  const sizes = slots.map(({ length }) => length);
  expect(sizes).toHaveLength(4);
  expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(64);
  const leaps = slots.map((ids) => ids.filter((id, index) => index > 0 && id !== ids[index - 1]! + 1).length);
  expect(Math.max(...leaps)).toBeLessThanOrEqual(4);
});

describe.each([10, 20])('a peer that reads %i ms at a time, over a socket', (stepMs) => {
  const step = stepMs * 16;

  test('always finds its step, and never more than the lead', async () => {
    const clock = new VirtualClock();
    await using server = new PcmServer({ clock });
    const lease = await server.lease({ object: 'CALL 14', stream: 'input', direction: 'send' });
    lease.player.play(ramp(60_000, 1));
    const peer = await dial(lease.port);
    await lease.claimed();
    const heard: Buffer[] = [];
    for (let read = 1; read <= 300; read++) {
      await clock.advance(stepMs);
      heard.push(await readBytes(peer, step * 2));
      expect(lease.player.position - read * step).toBeLessThanOrEqual(960);
    }
    expectSame(samplesOf(Buffer.concat(heard)), ramp(300 * step, 1).fill(0, 60_000));
    lease.abort();
  });

  test('and sends as much is answered in the same steps', async () => {
    await using server = new PcmServer();
    const lease = await server.lease({
      object: 'CALL 14',
      stream: 'input',
      direction: 'both',
      timeline: 'received',
    });
    lease.player.play(ramp(60_000, 1));
    const peer = await dial(lease.port);
    const heard = [await readBytes(peer, 960 * 2)];
    for (let sent = 0; sent < 300; sent++) {
      peer.write(bytes(ramp(step)));
      heard.push(await readBytes(peer, step * 2));
      expect(lease.player.position).toBe(960 + (sent + 1) * step);
    }
    expectSame(samplesOf(Buffer.concat(heard)), ramp(960 + 300 * step, 1).fill(0, 60_000));
    lease.abort();
  });
});

describe('a wheel whose thread is busy', () => {
  /** A clock whose time passes only as it is told, and whose timers wait. */
  class BusyClock extends VirtualClock {
    #extra = 0;

    override now(): number {
      return super.now() + this.#extra;
    }

    work(ms: number): void {
      this.#extra += ms;
    }
  }

  test('continues in slices, and skips a member that was removed meanwhile', async () => {
    const clock = new BusyClock();
    const wheel = new TimingWheel(clock, { intervalMs: 100, slots: 1 });
    const visits: number[] = [];
    const members = Array.from({ length: 10 }, (_, id) => ({
      visit() {
        visits.push(id);
        clock.work(0.9);
      },
    }));
    for (const member of members) wheel.add(member);
    await clock.advance(100);
    expect(visits.length).toBeLessThan(10);
    const [, , , , , , , , , last] = members;
    if (last) wheel.delete(last);
    await settle();
    expect(visits).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });

  test('runs an overdue turn on request, and no earlier', () => {
    const clock = new BusyClock();
    const wheel = new TimingWheel(clock, { intervalMs: 100, slots: 10 });
    let visits = 0;
    wheel.add({ visit: () => void visits++ });
    wheel.catchUp();
    expect(visits).toBe(0);
    clock.work(102);
    wheel.catchUp();
    expect(visits).toBe(0);
    clock.work(1);
    wheel.catchUp();
    wheel.catchUp();
    expect(visits).toBe(1);
    clock.work(250);
    wheel.catchUp();
    expect(visits).toBe(2);
  });
});
