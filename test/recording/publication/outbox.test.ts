import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Clock, VirtualClock } from '../../../src/base/time/clock.js';
import { Outbox, type OutboxOptions } from '../../../src/recording/publication/outbox.js';
import { listOutbox, retryEvent } from '../../../src/recording/publication/outbox-folder.js';
import { webhook } from '../../../src/recording/publication/webhook.js';

const HOUR_MS = 3_600_000;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jackfield-outbox-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** A machine whose date can be put back. Its timers go on as they were set. */
class Machine implements Clock {
  readonly ticks = new VirtualClock();
  unix: number;
  constructor(unix: number) {
    this.unix = unix;
  }
  now = () => this.ticks.now();
  unixMs = () => this.unix + this.ticks.now();
  timerAt: Clock['timerAt'] = (at, task) => this.ticks.timerAt(at, task);
}

const outboxOf = (clock: Clock, options: Omit<OutboxOptions, 'folder' | 'clock'>) =>
  new Outbox({ folder, clock, ...options });
const waiting = async () => (await readdir(folder)).filter((name) => name.endsWith('.json'));

describe('an outbox', () => {
  it('retries after its pause when the clock was set back by a day, in the same process and in the next one', async () => {
    const machine = new Machine(Date.UTC(2026, 5, 2, 12));
    let attempts = 0;
    const channels = { hook: () => Promise.reject(new Error(`no, ${++attempts}`)) };
    const first = outboxOf(machine, { channels, firstRetryMs: 60_000 });
    await first.add('recording.finished', {});
    await first.run();
    expect(attempts).toBe(1);
    machine.unix -= 24 * HOUR_MS;
    await machine.ticks.advance(60_000);
    await first.run();
    expect(attempts).toBe(2);
    machine.unix -= 24 * HOUR_MS;
    await first.close();
    const next = outboxOf(machine, { channels, firstRetryMs: 60_000 });
    await next.run();
    expect(attempts).toBe(2);
    await machine.ticks.advance(120_000);
    await next.run();
    expect(attempts).toBe(3);
    await next.close();
  });

  it('removes the unfinished event of a killed writer', async () => {
    const outbox = outboxOf(new VirtualClock(), { channels: { hook: async () => undefined } });
    await writeFile(join(folder, 'first.hook.json.part'), '{"event":');
    await outbox.add('recording.finished', {}, 'first');
    await writeFile(join(folder, 'first.hook.json.part'), '{"event":');
    await outbox.run();
    await outbox.close();
    expect(await readdir(folder)).toEqual([]);
  });

  it('keeps a limited number of events for a channel, reports those that it drops, and delivers in the order of ids', async () => {
    let away = true;
    const taken: string[] = [];
    const dropped: string[] = [];
    const hook = async ({ id }: { readonly id: string }) => {
      if (away) throw new Error('away');
      taken.push(id);
    };
    const clock = new VirtualClock();
    const outbox = outboxOf(clock, {
      channels: { hook, other: async () => undefined },
      maxWaiting: 5,
      onFailure: (event, _, error) => {
        if ((error as { code?: string }).code === 'ERR_LIMIT') dropped.push(event.id);
      },
    });
    for (const id of ['5', '1', '4', '2', '3', '6', '7']) await outbox.add('call', {}, id, ['hook']);
    await outbox.run();
    expect(dropped).toEqual(['6', '7']);
    away = false;
    await clock.advance(60_000);
    await outbox.run();
    expect(taken).toEqual(['1', '2', '3', '4', '5']);
    expect(await waiting()).toEqual([]);
    await outbox.close();
  });

  it('delivers to one channel while another one never answers, and can still be closed', async () => {
    const silent = createServer(() => undefined);
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as { port: number };
    const asked = once(silent, 'request');
    const took: unknown[] = [];
    const clock = new VirtualClock();
    const outbox = outboxOf(clock, {
      channels: {
        webhook: webhook({ url: `http://127.0.0.1:${port}/`, secret: 'x'.repeat(16), timeoutMs: 600_000 }),
        hook: async ({ data }) => void took.push(data),
      },
    });
    await outbox.add('recording.finished', 1);
    await asked;
    for (const data of [2, 3]) await outbox.add('recording.finished', data);
    await expect.poll(() => [...took].sort()).toEqual([1, 2, 3]);
    expect(await waiting()).toHaveLength(3);
    const closed = outbox.close();
    await clock.advance(2000);
    await closed;
    // An attempt that was cut short is not counted, and the event is not lost.
    expect((await listOutbox(folder)).map(({ state, attempts }) => [state, attempts])).toEqual([
      ['waiting', 0],
      ['waiting', 0],
      ['waiting', 0],
    ]);
    silent.closeAllConnections();
    silent.close();
  });

  it('gives each channel its own events, when one name is the end of another', async () => {
    let heard = 0;
    const outbox = outboxOf(new VirtualClock(), {
      channels: { hook: async () => void heard++, 'my.hook': () => Promise.reject(new Error('no')) },
    });
    await outbox.add('recording.finished', {});
    await outbox.run();
    await outbox.run();
    expect(heard).toBe(1);
    expect(await listOutbox(folder)).toMatchObject([{ channel: 'my.hook', attempts: 1 }]);
    await outbox.close();
  });

  it('gives up an attempt that takes too long', async () => {
    const clock = new VirtualClock();
    const failures: string[] = [];
    const outbox = outboxOf(clock, {
      channels: { hook: () => new Promise(() => undefined) },
      attemptTimeoutMs: 5000,
      onFailure: (_event, channel, error) => failures.push(`${channel}: ${error.message}`),
    });
    await outbox.add('recording.finished', {});
    const round = outbox.run();
    await expect.poll(() => clock.advance(5000).then(() => failures)).toHaveLength(1);
    await round;
    expect(failures[0]).toMatch(/hook: .* within 5000 ms/);
    await outbox.close();
  });

  it('keeps a limited number of failed events, deletes the oldest with a report, and can retry one', async () => {
    const clock = new VirtualClock(Date.UTC(2026, 0, 1));
    const told: string[] = [];
    let working = false;
    const outbox = outboxOf(clock, {
      channels: { hook: () => (working ? Promise.resolve() : Promise.reject(new Error('no\u001b[2J'))) },
      maxAttempts: 1,
      maxFailed: 2,
      onFailure: ({ data }, _channel, error) =>
        told.push(`${data} ${(error as { code?: string }).code ?? ''}`),
    });
    for (const data of [1, 2, 3]) {
      await outbox.add('recording.finished', data);
      await outbox.run();
      await clock.advance(1000);
    }
    expect(told).toContain('1 ERR_LIMIT');
    expect((await listOutbox(folder)).map(({ event, state }) => [event.data, state])).toEqual([
      [2, 'failed'],
      [3, 'failed'],
    ]);
    working = true;
    for (const failed of await listOutbox(folder)) await retryEvent(folder, failed);
    await outbox.run();
    expect(await listOutbox(folder)).toEqual([]);
    await outbox.close();
  });

  it.each(['{', '[]', '{"event":1}', '{"event":{"id":"a"},"channel":"__proto__"}', 'null', '\0'])(
    'skips a file that holds no event: %j',
    async (text) => {
      await writeFile(join(folder, 'x.hook.json'), text);
      const took: unknown[] = [];
      const outbox = outboxOf(new VirtualClock(), {
        channels: { hook: async ({ data }) => void took.push(data) },
      });
      await outbox.add('recording.finished', 'real');
      await outbox.run();
      expect(took).toEqual(['real']);
      await outbox.close();
    },
  );

  it('keeps its files in its folder, whatever the id, the channel or a failed event contains', async () => {
    const channels = { hook: () => Promise.reject(new Error('no')) };
    const outbox = outboxOf(new VirtualClock(), { channels, maxAttempts: 1 });
    const code = { code: 'ERR_INVALID_ARG' };
    for (const id of ['../out', 'a/b', '', 'x'.repeat(300)]) {
      await expect(outbox.add('news', {}, id)).rejects.toMatchObject(code);
    }
    expect(() => outbox.useChannels({ '../hook': channels.hook })).toThrow(/^channels must be /);
    await outbox.add('news', {}, 'one');
    await outbox.run();
    await outbox.close();
    const [failed] = await listOutbox(folder);
    if (!failed) throw new Error('nothing was given up');
    await retryEvent(folder, { ...failed, event: { ...failed.event, id: '../../out' } });
    expect(await waiting()).toEqual(['one.hook.json']);
  });
});
