// Kills a recorder at the nth of its system calls that change files; strace injects the kill.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { callEcho, pause } from './lab.mjs';
import { recorderBench } from './recorder.mjs';

/** System calls that change files, each with how many there may be before the kill. */
const CALLS = {
  pwrite64: 40,
  write: 60,
  writev: 10,
  rename: 8,
  unlink: 8,
  ftruncate: 8,
  fsync: 8,
  fdatasync: 8,
  mkdir: 4,
  linkat: 4,
  openat: 60,
};

export const part = {
  name: 'writes',
  async unavailable() {
    const inject = ['-f', '-qq', '-e', 'inject=getpid:signal=SIGKILL:when=1', 'sh', '-c', 'kill -0 $$; true'];
    return await promisify(execFile)('strace', inject).then(
      () => undefined,
      (error) =>
        error.signal === 'SIGKILL' ? undefined : `strace does not work: ${error.message.slice(0, 120)}`,
    );
  },
  async open({ count }) {
    const bench = await recorderBench();
    return {
      close: bench.close,
      async step(random) {
        const subject = await bench.prepare(random);
        const call = random.pick(Object.keys(CALLS));
        const inject = `inject=?${call}:signal=SIGKILL:when=${random.between(1, CALLS[call])}`;
        const recorder = subject.record({
          before: ['strace', '-f', '-qq', '-o', '/dev/null', '-e', `trace=?${call}`, '-e', inject],
          // One thread for files, so that the nth call is the same one each time.
          env: { UV_THREADPOOL_SIZE: '1' },
        });
        if (await recorder.until('ready')) {
          const calls = await callEcho(bench.port);
          await calls.answered();
          await pause(random.between(0, 2000));
          await calls.hangUp();
          await Promise.race([recorder.until('published', ({ end }) => end !== 'segment'), pause(3000)]);
        }
        count(recorder.ended() ? 'kills' : 'not reached');
        await recorder.end();
        const faults = [...(await subject.finish()), ...bench.faults()].map((fault) => `${inject}: ${fault}`);
        await subject.remove();
        return faults;
      },
    };
  },
};
