// Takes the descriptors away from a recorder that is ready, so that they do not suffice for its calls.
import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { promisify } from 'node:util';
import { callEcho, pause } from './lab.mjs';
import { recorderBench } from './recorder.mjs';

const run = promisify(execFile);

export const part = {
  name: 'descriptors',
  async unavailable() {
    return await run('prlimit', ['--pid', String(process.pid), '--nofile']).then(
      () => undefined,
      (error) => `prlimit does not work: ${error.message.slice(0, 120)}`,
    );
  },
  async open({ count }) {
    const bench = await recorderBench();
    return {
      close: bench.close,
      async step(random) {
        const subject = await bench.prepare(random);
        const recorder = subject.record();
        await recorder.until('ready');
        const spare = random.between(0, 25);
        const most = (await readdir(`/proc/${recorder.pid}/fd`)).length + spare;
        await run('prlimit', ['--pid', String(recorder.pid), `--nofile=${most}`]);
        const calls = await callEcho(bench.port, random.between(2, 5));
        await calls.answered();
        await pause(random.between(500, 2000));
        await calls.hangUp();
        await pause(500);
        count('recorders short of descriptors');
        const { code, signal } = await recorder.end();
        const told = recorder.lines.some(({ event }) => ['failed', 'published', 'disk full'].includes(event));
        const faults = [
          ...(signal || code > 1
            ? [`it ended with ${signal ?? code}: ${recorder.stderr().slice(-600)}`]
            : []),
          ...(told || recorder.stderr() ? [] : ['it said nothing of the calls']),
          ...(await subject.finish()),
          ...bench.faults(),
        ].map((fault) => `${spare} descriptors left: ${fault}`);
        await subject.remove();
        return faults;
      },
    };
  },
};
