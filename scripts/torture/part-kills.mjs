// Kills a recorder at random moments: while it starts, records, publishes, or takes up what was left.
import { callEcho, pause } from './lab.mjs';
import { recorderBench } from './recorder.mjs';

export const part = {
  name: 'kills',
  async open({ count }) {
    const bench = await recorderBench();
    return {
      close: bench.close,
      async step(random) {
        const subject = await bench.prepare(random);
        const limits = random.pick(['umask 022', 'umask 000']);
        const recorder = subject.record({ limits });
        await recorder.until('ready');
        const calls = await callEcho(bench.port, random.between(1, 2));
        if (random.chance(0.9)) await calls.answered();
        await pause(random.between(0, 2500));
        const over = random.chance(0.5);
        if (over) {
          await calls.hangUp();
          await pause(random.between(0, 500));
        }
        recorder.kill();
        count('kills');
        await recorder.exited;
        if (!over) await calls.hangUp();
        for (let again = 0; again < 3 && random.chance(0.4); again++) {
          const next = subject.record({ limits });
          await pause(random.between(300, 2500));
          next.kill();
          count('kills');
          await next.exited;
        }
        const faults = [...(await subject.finish()), ...bench.faults()];
        await subject.remove();
        return faults;
      },
    };
  },
};
