// System calls that strace spoils: the process is killed at one of them, or it is refused.
import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';

/**
 * System calls that change files, by their common name: those that it may be, and about how many a short call makes.
 * All but `write` are made for files alone.
 */
export const CALLS = {
  openat: { names: ['openat'], most: 60 },
  write: { names: ['write'], most: 150 },
  pwrite: { names: ['pwrite64', 'pwritev'], most: 80 },
  rename: { names: ['rename', 'renameat', 'renameat2'], most: 10 },
  link: { names: ['link', 'linkat'], most: 6 },
  unlink: { names: ['unlink', 'unlinkat'], most: 20 },
  rmdir: { names: ['rmdir'], most: 2 },
  mkdir: { names: ['mkdir', 'mkdirat'], most: 8 },
  fsync: { names: ['fsync', 'fdatasync'], most: 14 },
  ftruncate: { names: ['ftruncate', 'fallocate'], most: 4 },
  chmod: { names: ['fchmod', 'chmod'], most: 10 },
};

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
 * Arguments of strace that spoil some calls.
 *
 * @param blow.call One of {@link CALLS}.
 * @param blow.how As strace has it: `signal=SIGKILL`, `error=EIO`.
 * @param blow.when Which of them: `7`, or `7+` for all from there on.
 * @param blow.paths Only those that concern one of these files; default all.
 */
export function straceArgs({ call, how, when, paths = [] }) {
  const names = CALLS[call].names.map((name) => `?${name}`).join(',');
  const inject = `inject=${names}:${how}:when=${when}`;
  return [
    '-f',
    '-o',
    '/dev/null',
    ...paths.flatMap((path) => ['-P', path]),
    '-e',
    `trace=${names}`,
    '-e',
    inject,
  ];
}

/** Spoils calls of a process that runs; resolves when strace is at work. */
export async function spoil(pid, blow) {
  const strace = spawn('strace', [...straceArgs(blow), '-p', String(pid)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
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
