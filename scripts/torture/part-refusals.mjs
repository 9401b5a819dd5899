// Has the system refuse one of a recorder's calls that change files, or all from one on: EIO, ENOSPC, EDQUOT, EROFS.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { callEcho, pause } from './lab.mjs';
import { recorderBench } from './recorder.mjs';
import { ONE_THREAD, strikeOneOf, tracer, withoutStrace } from './strace.mjs';

const ERRORS = ['EIO', 'ENOSPC', 'EDQUOT', 'EROFS'];
/** Length of a call; some ways to record begin another file each second. */
const CALL_MS = 1500;
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
    /** What a run without harm calls, by way to record. */
    const counted = new Map();
    return {
      close: bench.close,
      async step(random) {
        const way = random.pick(bench.ways);
        const error = random.pick(ERRORS);
        const on = random.chance(0.3) ? '+' : '';
        if (!counted.has(way)) counted.set(way, await countCalls(bench, random, way));
        return await strikeOneOf(counted.get(way), random, async ({ call, when }) => {
          const blow = { call, how: `error=${error}`, when: `${when}${on}` };
          const { subject, trace, recorder, code, signal } = await run(bench, random, way, blow);
          const struck = await trace.refused();
          count(struck ? 'refusals' : 'calls not made');
          const faults = [
            ...(signal || code !== 0
              ? [`it ended with ${signal ?? code}: ${recorder.stderr().slice(-600)}`]
              : []),
            ...(hasTold(recorder) ? [] : ['it said nothing of the call']),
            ...(await subject.finish()),
            ...bench.faults(),
          ];
          await subject.remove();
          return { struck, faults: faults.map((fault) => `${call} ${blow.when} ${error}: ${fault}`) };
        }).then(({ faults }) => faults);
      },
    };
  },
};

/** Calls of `write` are counted for files alone. */
async function countCalls(bench, random, way) {
  const all = await run(bench, random, way);
  const byFile = await run(bench, random, way, { call: 'write' });
  const { write: _, ...counts } = await all.trace.counts();
  const { write } = await byFile.trace.counts();
  for (const { subject } of [all, byFile]) await subject.remove();
  return { ...counts, ...(write && { write }) };
}

/** Has a recorder record a call, with some of what it calls refused. */
async function run(bench, random, way, blow = {}) {
  const subject = await bench.prepare(random, { way, template: '{partner}/{call}' });
  const recorder = subject.record({ env: ONE_THREAD });
  await recorder.until('ready');
  // Other calls of `write` are made for sockets and threads: those must not fail.
  const byFile = blow.call === 'write';
  const early = tracer(subject.yard.inside, blow);
  const spoilt = byFile ? undefined : await early.attach(recorder.pid);
  const calls = await callEcho(bench.port);
  await Promise.race([calls.answered(), recorder.exited]);
  const trace = byFile ? tracer(subject.yard.inside, { ...blow, paths: await filesOf(subject.out) }) : early;
  const tracing = spoilt ?? (await trace.attach(recorder.pid));
  await pause(CALL_MS);
  await calls.hangUp();
  await Promise.race([recorder.until('published', ({ end }) => end !== 'segment'), pause(2500)]);
  await tracing.stop();
  return { subject, trace, recorder, ...(await recorder.end()) };
}

function hasTold({ lines }) {
  return lines.some(({ event }) => ['failed', 'published', 'disk full'].includes(event));
}

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
