import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { expect, it } from 'vitest';
import {
  attach,
  Exchange,
  MemoryTransport,
  PcmServer,
  Recorder,
  systemClock,
  VirtualClock,
} from '../../../src/index.js';
import type { Hours, SegmentResult } from '../../../src/recording.js';

// A Friday, 03:04 UTC: in New York it is Thursday, 22:04.
const NIGHT = Date.UTC(2026, 0, 2, 3, 4, 5);

it.each([
  [{ from: '22:00', to: '06:00', weekdays: ['thu'] }, 'America/New_York', '2026-01-01/220405'],
  [{ from: '22:00', to: '06:00', weekdays: ['thu'] }, 'UTC', '2026-01-02/030405'],
  [{ from: '22:00', to: '06:00', weekdays: ['fri'] }, 'UTC', undefined],
  [{ from: '00:00', to: '24:00' }, 'Asia/Tokyo', '2026-01-02/120405'],
] satisfies [Hours, string, string | undefined][])(
  'calls within %j in %s are recorded as %s',
  async (hours, timezone, name) => {
    const folder = await mkdtemp(join(tmpdir(), 'jackfield-hours-'));
    const clock = new VirtualClock(NIGHT);
    // The recorder runs in real time; what it takes for the date stands still.
    const now = { ...systemClock, unixMs: () => NIGHT };
    try {
      await using exchange = await Exchange.start({ clock, patienceMs: 5000 });
      await using server = new PcmServer();
      await using client = await attach(new MemoryTransport(exchange.endpoint()));
      await using recorder = await Recorder.start(client, server, {
        ...{ folder, clock: now, hours, timezone, template: '{date}/{time}' },
        // Calls that are not recorded by policy are held in memory: it is told of both.
        recording: { preRollMs: 1000 },
      });
      const met = once(recorder, 'recording');
      const published: string[] = [];
      recorder.on('published', ({ file }: SegmentResult) => published.push(relative(folder, file)));
      await client.call('echo123');
      const [, byPolicy] = await met;
      await clock.run();
      await recorder.close();
      expect(byPolicy).toBe(name !== undefined);
      expect(published).toEqual(name === undefined ? [] : [`${name}.wav`]);
    } finally {
      await rm(folder, { recursive: true });
    }
  },
);
