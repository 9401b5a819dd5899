// A folder of good recordings, of which each step spoils a copy, and the commands that must not be led astray by it.
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { crashOf, ran } from './command.mjs';
import { callEcho, openYard, pause } from './lab.mjs';
import { recorderBench } from './recorder.mjs';

/** Records a few calls, signed. */
export async function makeArchive(random) {
  const bench = await recorderBench();
  const subject = await bench.prepare(random, { way: 'signed' });
  const recorder = subject.record();
  await recorder.until('ready');
  const calls = await callEcho(bench.port, 3);
  await pause(2500);
  await calls.hangUp();
  await recorder.end();
  const faults = await subject.finish();
  if (faults.length > 0) throw new Error(`there are no good recordings to spoil: ${faults.join('; ')}`);
  return {
    publicKeyFile: bench.keys.publicKeyFile,
    /** A copy to spoil, beside a file that has to stay. */
    copy: async () => {
      const yard = await openYard();
      const folder = join(yard.inside, 'recordings');
      await cp(subject.out, folder, { recursive: true });
      return { yard, folder };
    },
    close: async () => {
      await subject.remove();
      await bench.close();
    },
  };
}

/** Runs a command of `jackfield recordings` on a spoilt folder: its report, and what it must not do. */
export async function used(folder, [name, ...args]) {
  const report = await ran(['recordings', name, '--out', folder, ...args]);
  const crash = crashOf(report);
  const faults = crash ? [crash] : [];
  if (report.code === 1 && !report.stderr && !report.stdout) faults.push('it ended with 1 without a word');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what a terminal must not get.
  if (/[\u0000-\u0008\u000b-\u001f\u007f]/.test(report.stdout)) faults.push('it printed control characters');
  return { ...report, faults: faults.map((fault) => `recordings ${name}: ${fault}`) };
}

/** Everything that reads the catalogue, or goes by it; it deletes what it believes to be old at the end. */
export async function useAll(yard, folder) {
  const faults = [];
  const copies = join(yard.inside, 'copies');
  const shown = await used(folder, ['list', '--json']);
  const ids = shown.lines.map(({ id }) => id).filter((id) => typeof id === 'string' && /^[\w-]+$/.test(id));
  faults.push(...shown.faults);
  const commands = [
    ['list'],
    ['verify'],
    ...(ids.length > 0 ? [['export', ids[0], '--to', copies]] : []),
    ['purge', '--max-megabytes', '0', '--yes'],
    ['index'],
  ];
  for (const command of commands) {
    faults.push(...(await used(folder, command)).faults);
    faults.push(...(await yard.faults()).map((fault) => `after ${command[0]}: ${fault}`));
  }
  await rm(copies, { recursive: true, force: true });
  return faults;
}
