import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { LINES, playLine } from '../../../bench/bad-lines.mjs';
import { RtpSession, VirtualClock } from '../../../src/line.js';
import { decodeG711 } from '../../../src/voice/codec/g711.js';

const parts = { RtpSession, VirtualClock, decodeG711 };
const docs = new URL('../../../docs/lines.md', import.meta.url);

/** Figures of a row of the table in the documentation, by its line. */
async function documented(): Promise<ReadonlyMap<string, readonly number[]>> {
  const [, table = ''] = (await readFile(docs, 'utf8')).split(/<!-- \/?bad lines.*-->/);
  const rows = table.split('\n').filter((row) => row.startsWith('| ') && !/^\| (?:line|---)/.test(row));
  return new Map(
    rows.map((row) => {
      const [name = '', ...cells] = row.split('|').slice(1, -1);
      return [name.trim(), cells.map(Number)];
    }),
  );
}

/** Most of each in 20 s: delay in ms, voice made up and joined to it in ms for each packet that was lost or late. */
const LIMITS: Readonly<Record<string, readonly [delayMs: number, madeUpMs: number]>> = {
  clean: [36, 0],
  '1 % lost at random': [36, 20],
  '5 % lost at random': [36, 20],
  '1 % lost in bursts': [36, 20],
  '5 % lost in bursts': [36, 20],
  'reordered: every tenth 50 ms late': [90, 40],
  'jitter of 200 ms': [230, 60],
  'clock off by 500 ppm': [50, 0],
};

describe('on a bad line every sample is as it was said, or reported as concealed', () => {
  it.each(Object.keys(LINES))('%s', async (name) => {
    const { delayMs, received, playout, ...found } = await playLine(parts, name, 20);
    const [mostMs = 0, perPacketMs = 0] = LIMITS[name] ?? [];
    const gone = received.lost + playout.late;
    expect(found.wrong).toBe(0);
    expect(found.compared).toBeGreaterThan(20 * 8000 * 0.93);
    // All that moves what follows is counted.
    expect(found.moved).toBeCloseTo((playout.insertedMs - playout.removedMs) * 8, 6);
    expect(delayMs).toBeLessThan(mostMs);
    expect(playout.concealedMs).toBeLessThanOrEqual(gone * perPacketMs);
    const changes = gone + (playout.insertedMs + playout.removedMs) / 2.5;
    expect(found.joined / 8).toBeLessThanOrEqual(changes * 5.5);
  });

  it('the table of the documentation has these lines, within their limits', async () => {
    const rows = await documented();
    expect([...rows.keys()]).toEqual(Object.keys(LINES));
    for (const [name, [delayMs = 0, lost = 0, late = 0, madeUpMs, , wrong]] of rows) {
      const [mostMs = 0, perPacketMs = 0] = LIMITS[name] ?? [];
      expect(wrong).toBe(0);
      expect(delayMs).toBeLessThan(mostMs);
      expect(madeUpMs).toBeLessThanOrEqual((lost + late) * perPacketMs);
    }
  });
});
