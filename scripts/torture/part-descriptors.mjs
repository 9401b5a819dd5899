// Gives a recorder too few descriptors for its calls.
import { callEcho, pause } from './lab.mjs';
import { recorderBench } from './recorder.mjs';

export const part = {
  name: 'descriptors',
  async unavailable() {
    return process.platform === 'win32' ? 'there is no ulimit' : undefined;
  },
  async open({ count }) {
    const bench = await recorderBench();
    return {
      close: bench.close,
      async step(random) {
        const subject = await bench.prepare(random);
        const most = random.between(24, 90);
        const recorder = subject.record({ limits: `ulimit -n ${most}` });
        const ready = await recorder.until('ready');
        if (ready) {
          const calls = await callEcho(bench.port, random.between(2, 8));
          await calls.answered();
          await pause(random.between(0, 2000));
          await calls.hangUp();
          await pause(500);
        }
        count(ready ? 'recorders short of descriptors' : 'refused to start');
        const { code, signal } = ready ? await recorder.end() : await recorder.exited;
        const faults = [
          ...(signal || code > 1
            ? [`it ended with ${signal ?? code}: ${recorder.stderr().slice(-600)}`]
            : []),
          ...(code === 0 || recorder.stderr() ? [] : ['it ended without a word']),
          ...(await subject.finish()),
          ...bench.faults(),
        ].map((fault) => `ulimit -n ${most}: ${fault}`);
        await subject.remove();
        return faults;
      },
    };
  },
};
