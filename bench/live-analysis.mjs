// `npm run bench:live-analysis`: processor time that live analyses of many calls take: both legs of each come in pieces of
// 20 ms, the calls take turns, and each is a second or so further in the talk than the one before.
import { analyse } from '../dist/analysis.js';
import { makeCall, plan } from '../scripts/corpus/corpus.mjs';

const RATE = 16_000;
const FRAME = RATE / 50;
const CALLS = Number(process.env.BENCH_CALLS ?? 500);
const SECONDS = Number(process.env.BENCH_SECONDS ?? 20);
const [, , , , options] = plan(1, { calls: 5, seconds: 110 });
const { legs } = await makeCall(options, { voices: 2, sentences: 6 });
const frames = Math.floor(legs[0].length / FRAME);

/** The legs of a call as a recording gives them out, from frame `first` on. */
function callFrom(first) {
  let ask;
  let isOver = false;
  const tap = {
    stats: { dropped: 0 },
    next: () => (isOver ? Promise.resolve({ done: true }) : new Promise((resolve) => (ask = resolve))),
    return: () => Promise.resolve({ done: true }),
  };
  return {
    legs: () => tap,
    give(frame) {
      const from = ((first + frame) % frames) * FRAME;
      const [local, remote] = legs.map((leg) => leg.subarray(from, from + FRAME));
      ask({ done: false, value: { position: frame * FRAME, local, remote } });
    },
    end() {
      isOver = true;
      ask({ done: true });
    },
  };
}

const calls = Array.from({ length: CALLS }, (_, index) => callFrom(index * 53));
let events = 0;
const done = calls.map(async (call) => {
  for await (const _ of analyse(call)) events++;
});
await new Promise(setImmediate);
const memory = process.memoryUsage().rss;
const before = process.cpuUsage();
for (let frame = 0; frame < SECONDS * 50; frame++) {
  for (const call of calls) call.give(frame);
  await new Promise(setImmediate);
}
const { user, system } = process.cpuUsage(before);
for (const call of calls) call.end();
await Promise.all(done);
const cores = (user + system) / 1e6 / SECONDS;
const megabytes = Math.round(memory / 2 ** 20);
process.stdout.write(
  `${CALLS} calls for ${SECONDS} s: ${cores.toFixed(2)} cores, ${events} events, ${megabytes} MB\n`,
);
