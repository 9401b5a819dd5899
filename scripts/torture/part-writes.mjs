// Kills a recorder at the nth of its system calls that change files, while it starts, records or takes up what was left.
import { callEcho, pause } from './lab.mjs';
import { recorderBench } from './recorder.mjs';
import { ONE_THREAD, strikeOneOf, tracer, withoutStrace } from './strace.mjs';

/** Length of a call; some ways to record begin another file each second. */
const CALL_MS = 1500;

export const part = {
  name: 'writes',
  unavailable: withoutStrace,
  async open({ count }) {
    const bench = await recorderBench();
    /** What a run without harm calls, by way to record and by moment. */
    const counted = new Map();
    return {
      close: bench.close,
      async step(random) {
        const during = random.pick(['start', 'call', 'call', 'take-up']);
        const way = random.pick(bench.ways);
        const key = `${way}, ${during}`;
        if (!counted.has(key)) counted.set(key, await countCalls(bench, random, { way, during }));
        return await strikeOneOf(counted.get(key), random, async ({ call, when }) => {
          const blow = { call, how: 'signal=SIGKILL', when };
          const { subject, signal } = await run(bench, random, { way, during, blow });
          const struck = signal === 'SIGKILL';
          count(struck ? `kills in a ${during}` : 'calls not made');
          const faults = [...(await subject.finish()), ...bench.faults()];
          await subject.remove();
          return { struck, faults: faults.map((fault) => `${call} ${when}, ${during}: ${fault}`) };
        }).then(({ faults }) => faults);
      },
    };
  },
};

async function countCalls(bench, random, { way, during }) {
  const { subject, trace } = await run(bench, random, { way, during });
  const counts = await trace.counts();
  await subject.remove();
  return counts;
}

/** Starts a recorder, has it record a call, and lets it end; with a blow it may not come that far. */
async function run(bench, random, { way, during, blow }) {
  const subject = await bench.prepare(random, { way });
  if (during === 'take-up') await killedInCall(subject, bench, random);
  const trace = tracer(subject.yard.inside, blow);
  const recorder = subject.record({ env: ONE_THREAD, ...(during !== 'call' && { before: trace.before }) });
  if (await recorder.until('ready')) {
    if (during === 'call') await trace.attach(recorder.pid);
    const calls = await callEcho(bench.port);
    await Promise.race([calls.answered(), recorder.exited]);
    await pause(CALL_MS);
    await calls.hangUp();
    await Promise.race([recorder.until('published', ({ end }) => end !== 'segment'), pause(3000)]);
  }
  return { subject, trace, ...(await recorder.end()) };
}

/** Leaves what the next start has to take up. */
async function killedInCall(subject, bench, random) {
  const recorder = subject.record();
  await recorder.until('ready');
  const calls = await callEcho(bench.port, random.between(1, 2));
  await calls.answered();
  await pause(CALL_MS);
  recorder.kill();
  await recorder.exited;
  await calls.hangUp();
}
