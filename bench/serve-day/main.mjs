/**
 * A simulated day and a half of calls through one service: heap, buffers, handles, descriptors and timers at each hour. Fails
 * when they grow after the first day, when a call is answered by another than the rules say, or when a recording is not
 * complete.
 * node --expose-gc bench/serve-day/main.mjs [calls=3000] [hours=36] [seed=1]
 */
import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seeded } from '../../scripts/torture/random.mjs';
import { serveDay } from './day.mjs';

const [calls = 3000, hours = 36, seed = 1] = process.argv.slice(2).map(Number);
/** The first day fills what is bounded: each client keeps its last 1,000 calls, of which an endpoint has 1,000 a day. */
const WARM_UP = Math.floor((hours * 2) / 3);
const HALF = Math.floor((hours - WARM_UP) / 2);
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
  const grown = FIGURES.filter((figure) => highest(rows.slice(-HALF), figure) > limitOf(figure));
  const made = Object.values(tally).reduce((sum, each) => sum + each, 0);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
  say(`${made} calls in ${hours} simulated hours took ${seconds} s, seed ${seed}.`);
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

async function onHour({ hour, timers }) {
  // Garbage, and peers that are about to close, are no growth.
  for (let turn = 0; turn < 3; turn++) {
    globalThis.gc();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  const row = {
    hour,
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
  return highest(rows.slice(WARM_UP, WARM_UP + HALF), figure) * TOLERANCE + 1;
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
