// Gives a recorder more calls at once than its descriptors suffice for: it may record fewer, says so, and ends none.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { callEcho, pause } from './lab.mjs';
import { recorderBench, untilTold } from './recorder.mjs';

/** What `ulimit -n` says, and how many calls there are, from and to. */
const CROWDS = [
  [1024, 80, 110],
  [256, 20, 150],
  [192, 5, 60],
];
/** What waits for an encoder is done within this, on a busy machine too. */
const PATIENCE_MS = 60_000;
const WAYS = ['live FLAC, segments', 'live FLAC', 'segments', 'encrypted segments'];

export const part = {
  name: 'crowd',
  async open({ count }) {
    const bench = await recorderBench('--limit', 'callsPerUser=1000');
    return {
      close: bench.close,
      async step(random) {
        const [most, low, high] = random.pick(CROWDS);
        const crowd = random.between(low, high);
        const subject = await bench.prepare(random, { way: random.pick(WAYS) });
        const recorder = subject.record({ limits: `ulimit -n ${most}` });
        await recorder.until('ready');
        const calls = await callEcho(bench.port, crowd);
        await calls.answered();
        await pause(random.between(1000, 2500));
        await calls.hangUp();
        const { published, failed } = await untilTold(recorder, crowd);
        await untilPublished(subject.out);
        const { code, signal } = await recorder.end();
        count('calls', crowd);
        count('recorded', published.size);
        count('of them complete', [...published.values()].filter(({ complete }) => complete).length);
        const silent = crowd - new Set([...published.keys(), ...failed.keys()]).size;
        const faults = [
          ...(signal || code !== 0
            ? [`it ended with ${signal ?? code}: ${recorder.stderr().slice(-600)}`]
            : []),
          ...(silent > 0 ? [`it said nothing of ${silent} calls`] : []),
          ...(published.size > 0 ? [] : [`it recorded none: ${failed.values().next().value}`]),
          ...(await subject.finish()),
          ...bench.faults(),
        ].map((fault) => `ulimit -n ${most}, ${crowd} calls: ${fault}`);
        await subject.remove();
        return faults;
      },
    };
  },
};

/** A call that failed in part may still have files that wait for an encoder. */
async function untilPublished(out) {
  const endMs = performance.now() + PATIENCE_MS;
  while (performance.now() < endMs) {
    if ((await readdir(join(out, '.recording'))).length === 0) return;
    await pause(500);
  }
}
