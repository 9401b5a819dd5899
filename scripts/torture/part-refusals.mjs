// Has the system refuse one of a recorder's calls that change files, or all from one on: EIO, ENOSPC, EDQUOT, EROFS.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { callEcho, pause } from './lab.mjs';
import { recorderBench } from './recorder.mjs';
import { CALLS, spoil, withoutStrace } from './strace.mjs';

const ERRORS = ['EIO', 'ENOSPC', 'EDQUOT', 'EROFS'];
/** What follows the name of a recording under way in those of its files. */
const ENDINGS = [
  ...['.wav', '.wav.age', '.journal', '.reserve', '.tail', '.tail-old', '.json', '.manifest.json'],
  ...['.publication.json', '.flac', '.mp3', '.opus', '.local.wav', '.remote.wav'],
];

export const part = {
  name: 'refusals',
  unavailable: withoutStrace,
  async open({ count }) {
    const bench = await recorderBench();
    return {
      close: bench.close,
      async step(random) {
        const subject = await bench.prepare(random, { template: '{partner}/{call}' });
        const call = random.pick(Object.keys(CALLS));
        const error = random.pick(ERRORS);
        const when = `${random.between(1, CALLS[call].most)}${random.chance(0.3) ? '+' : ''}`;
        const blow = { call, how: `error=${error}`, when };
        const recorder = subject.record();
        await recorder.until('ready');
        // Other calls of `write` are made for sockets and threads: those must not fail.
        const byFile = call === 'write';
        const early = byFile ? undefined : await spoil(recorder.pid, blow);
        const calls = await callEcho(bench.port);
        await Promise.race([calls.answered(), recorder.exited]);
        const spoilt = early ?? (await spoil(recorder.pid, { ...blow, paths: await filesOf(subject.out) }));
        await pause(random.between(500, 2500));
        await calls.hangUp();
        await Promise.race([recorder.until('published', ({ end }) => end !== 'segment'), pause(2500)]);
        await spoilt.stop();
        const { code, signal } = await recorder.end();
        const told = recorder.lines.some(({ event }) => ['failed', 'published', 'disk full'].includes(event));
        count('refusals');
        const faults = [
          ...(signal || code !== 0
            ? [`it ended with ${signal ?? code}: ${recorder.stderr().slice(-600)}`]
            : []),
          ...(told ? [] : ['it said nothing of the call']),
          ...(await subject.finish()),
          ...bench.faults(),
        ];
        await subject.remove();
        return faults.map((fault) => `${call} ${when} ${error}: ${fault}`);
      },
    };
  },
};

/** The files that there are or may be, of the recordings under way and where they are published to. */
async function filesOf(out) {
  const names = (await readdir(join(out, '.recording'))).filter((name) => name.endsWith('.journal'));
  const stems = names.map((name) => name.replace(/(-\d)?\.journal$/, ''));
  const under = stems
    .flatMap((stem) => [stem, `${stem}-2`, `${stem}-3`])
    .map((stem) => join(out, '.recording', stem));
  const published = stems.flatMap((stem) => {
    const call = join(out, 'echo123', stem.replace(/^.*-/, ''));
    return [call, `${call}-2`, `${call}-3`];
  });
  const files = [...under, ...published].flatMap((stem) => ENDINGS.map((ending) => `${stem}${ending}`));
  const database = ['', '-wal', '-shm'].map((ending) => join(out, `catalogue.sqlite${ending}`));
  return [...files, ...files.map((file) => `${file}.part`), ...database];
}
