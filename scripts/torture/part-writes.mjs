// Kills a recorder at the nth of its system calls that change files, while it starts, records or takes up what was left.
import { callEcho, pause } from './lab.mjs';
import { recorderBench } from './recorder.mjs';
import { CALLS, spoil, straceArgs, withoutStrace } from './strace.mjs';

/** Calls that a start makes before it is ready, mostly to load itself. */
const OF_A_START = { openat: 620, write: 200 };

export const part = {
  name: 'writes',
  unavailable: withoutStrace,
  async open({ count }) {
    const bench = await recorderBench();
    return {
      close: bench.close,
      async step(random) {
        const subject = await bench.prepare(random);
        const call = random.pick(Object.keys(CALLS));
        const during = random.pick(['start', 'call', 'call', 'take-up']);
        const blow = { call, how: 'signal=SIGKILL' };
        if (during === 'take-up') await killedInCall(subject, bench, random);
        const recorder =
          during === 'call'
            ? await struckInCall(subject, blow, random)
            : struckFromStart(subject, blow, random);
        if (await recorder.until('ready')) {
          const calls = await callEcho(bench.port);
          await Promise.race([calls.answered(), recorder.exited]);
          await pause(random.between(0, 2000));
          await calls.hangUp();
          await Promise.race([recorder.until('published', ({ end }) => end !== 'segment'), pause(3000)]);
        }
        count(recorder.ended() ? 'kills' : 'not reached');
        await recorder.end();
        const faults = [...(await subject.finish()), ...bench.faults()];
        await subject.remove();
        return faults.map((fault) => `${call} ${blow.when}, ${during}: ${fault}`);
      },
    };
  },
};

/** One thread for files, so that the nth call is the same one each time. */
const ENV = { UV_THREADPOOL_SIZE: '1' };

function struckFromStart(subject, blow, random) {
  blow.when = random.between(1, OF_A_START[blow.call] ?? CALLS[blow.call].most);
  return subject.record({ before: ['strace', '-qq', ...straceArgs(blow)], env: ENV });
}

async function struckInCall(subject, blow, random) {
  blow.when = random.between(1, CALLS[blow.call].most);
  const recorder = subject.record({ env: ENV });
  await recorder.until('ready');
  await spoil(recorder.pid, blow);
  return recorder;
}

/** Leaves what the next start has to take up. */
async function killedInCall(subject, bench, random) {
  const recorder = subject.record();
  await recorder.until('ready');
  const calls = await callEcho(bench.port, random.between(1, 2));
  await calls.answered();
  await pause(random.between(500, 2500));
  recorder.kill();
  await recorder.exited;
  await calls.hangUp();
}
