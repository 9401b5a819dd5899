/**
 * A simulated day of calls through one service: heap, buffers, handles, descriptors and timers at each hour. Fails when they
 * grow, when a call is answered by another than the rules say, or when a recording is not complete.
 * node --expose-gc bench/serve-day/main.mjs [calls=2000] [hours=24] [seed=1]
 */
import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seeded } from '../../scripts/torture/random.mjs';
import { serveDay } from './day.mjs';

const [calls = 2000, hours = 24, seed = 1] = process.argv.slice(2).map(Number);
/** The first hours fill the histories and warm the code up. */
const WARM_UP = Math.ceil(hours / 4);
/** Growth that is none: the last hours may have this much more than the first after the warm-up. */
const TOLERANCE = 1.05;
const FIGURES = ['heapKb', 'buffersKb', 'handles', 'descriptors', 'timers'];

const folder = await mkdtemp(join(tmpdir(), 'jackfield-bench-'));
const rows = [];
const startedAt = performance.now();
try {
  const { next } = seeded(seed);
  const { faults, tally, recordings, messages } = await serveDay({
    folder,
    calls,
    hours,
    random: next,
    onHour,
  });
  const grown = FIGURES.filter((figure) => highest(rows.slice(-WARM_UP), figure) > limitOf(figure));
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
  say(`${rows.at(-1)?.calls} calls in ${hours} simulated hours took ${seconds} s, seed ${seed}.`);
  say(
    Object.entries(tally)
      .map(([by, count]) => `${by} ${count}`)
      .join(', '),
  );
  say(`${recordings} recordings, all complete and verified unless it is said below; ${messages} messages.`);
  for (const fault of faults) say(`FAULT: ${fault}`);
  say(grown.length === 0 ? 'Nothing grows.' : `GROWS: ${grown.join(', ')}.`);
  process.exitCode = grown.length === 0 && faults.length === 0 ? 0 : 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function onHour({ hour, calls: made, timers }) {
  // Garbage, and peers that are about to close, are no growth.
  for (let turn = 0; turn < 3; turn++) {
    globalThis.gc();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  const row = {
    hour,
    calls: made,
    heapKb: Math.round(heapUsed / 1024),
    buffersKb: Math.round(external / 1024),
    rssMb: Math.round(rss / 2 ** 20),
    handles: process.getActiveResourcesInfo().length,
    descriptors: readdirSync('/proc/self/fd').length,
    timers,
  };
  if (rows.length === 0) say(aligned(Object.keys(row)));
  rows.push(row);
  say(aligned(Object.values(row)));
}

function limitOf(figure) {
  return highest(rows.slice(WARM_UP, 2 * WARM_UP), figure) * TOLERANCE + 1;
}

function highest(some, figure) {
  return Math.max(...some.map((row) => row[figure]));
}

function aligned(cells) {
  return cells.map((cell) => String(cell).padStart(12)).join('');
}

function say(line) {
  process.stdout.write(`${line}\n`);
}
