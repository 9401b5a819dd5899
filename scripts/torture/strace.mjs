// System calls that strace spoils: the process is killed at one of them, or it is refused.
import { execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** System calls that change files: those that each kind may be. All but `write` are made for files alone. */
export const CALLS = {
  openat: ['openat'],
  write: ['write'],
  pwrite: ['pwrite64', 'pwritev'],
  rename: ['rename', 'renameat', 'renameat2'],
  link: ['link', 'linkat'],
  unlink: ['unlink', 'unlinkat'],
  rmdir: ['rmdir'],
  mkdir: ['mkdir', 'mkdirat'],
  fsync: ['fsync', 'fdatasync'],
  ftruncate: ['ftruncate', 'fallocate'],
  chmod: ['fchmod', 'chmod'],
};

/** One thread for files, so that the nth call is about the same one each time. */
export const ONE_THREAD = { UV_THREADPOOL_SIZE: '1' };

/** Why strace cannot be used here, if it cannot. */
export async function withoutStrace() {
  const inject = ['-f', '-qq', '-e', 'inject=getpid:signal=SIGKILL:when=1', 'sh', '-c', 'kill -0 $$; true'];
  return await promisify(execFile)('strace', inject).then(
    () => undefined,
    (error) =>
      error.signal === 'SIGKILL' ? undefined : `strace does not work: ${error.message.slice(0, 120)}`,
  );
}

/**
 * Follows the calls of a process, to count them or to spoil some.
 *
 * @param folder Folder for what strace notes.
 * @param blow.call One of {@link CALLS}; default all, which are only counted.
 * @param blow.how As strace has it: `signal=SIGKILL`, `error=EIO`.
 * @param blow.when Which of them, in one thread: `7`, or `7+` for all from there on.
 * @param blow.paths Only those that concern one of these files; default all.
 */
export function tracer(folder, { call, how, when, paths = [] } = {}) {
  const log = join(folder, `${randomUUID()}.strace`);
  const kinds = call === undefined ? Object.keys(CALLS) : [call];
  const names = kinds.flatMap((kind) => CALLS[kind].map((name) => `?${name}`)).join(',');
  const inject = how === undefined ? [] : ['-e', `inject=${names}:${how}:when=${when}`];
  const about = paths.flatMap((path) => ['-P', path]);
  const args = ['-f', '-o', log, ...about, '-e', `trace=${names}`, ...inject];
  return {
    /** What a command is to be started with. The tracer keeps out of its way: it ends as it would without. */
    before: ['strace', '-qq', '-DD', ...args],
    /** Begins with a process that runs; resolves when strace is at work. */
    attach: (pid) => attach(pid, args),
    /** True when calls were refused. */
    refused: async () => (await readFile(log, 'utf8')).includes('(INJECTED)'),
    /** How often each kind was called, by the thread and the name that did most: the highest `when` that is reached. */
    counts: async () => countsOf(await readFile(log, 'utf8')),
  };
}

/** @returns kinds of calls that were made, and how many. */
function countsOf(text) {
  const counts = new Map();
  for (const [key] of text.matchAll(/^\d+ +\w+(?=\()/gm)) counts.set(key, (counts.get(key) ?? 0) + 1);
  const found = {};
  for (const [key, count] of counts) {
    const kind = Object.keys(CALLS).find((each) => CALLS[each].includes(key.split(/ +/)[1]));
    if (kind !== undefined) found[kind] = Math.max(found[kind] ?? 0, count);
  }
  return found;
}

/**
 * Picks a call that is made, of any kind, by how often each kind was called in a run without harm; and strikes. Where
 * this run makes fewer, an earlier one is struck.
 *
 * @param counts As a {@link tracer} gives them.
 * @param strike Is given `call` and `when`; resolves to what came of it, with `struck` true when the blow fell.
 */
export async function strikeOneOf(counts, random, strike) {
  const call = random.pick(Object.keys(counts));
  for (let when = random.between(1, counts[call]); ; when = Math.ceil(when / 2)) {
    const outcome = await strike({ call, when });
    if (outcome.struck || when === 1) return outcome;
  }
}

async function attach(pid, args) {
  const strace = spawn('strace', [...args, '-p', String(pid)], { stdio: ['ignore', 'ignore', 'pipe'] });
  const over = new Promise((resolve) => strace.once('close', resolve));
  await new Promise((resolve, reject) => {
    strace.stderr.setEncoding('utf8').on('data', (text) => text.includes('attached') && resolve());
    over.then(() => reject(new Error('strace ended before it was attached')));
  });
  return {
    /** Lets the process go on unspoilt. */
    stop: async () => {
      strace.kill('SIGTERM');
      await over;
    },
  };
}
