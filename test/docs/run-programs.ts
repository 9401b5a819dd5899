import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';

/** How programs have ended that ran one after the other in a process. */
export interface RanPrograms {
  /** Exit code of the process. It ends when nothing that a program began goes on. */
  readonly status: number | null;
  readonly stderr: string;
  /** Returns what a program threw; undefined when it ran to its end. */
  thrown(path: string): string | undefined;
}

/** Runs programs one after the other in one process, each in its own folder. */
export async function runPrograms(paths: readonly string[]): Promise<RanPrograms> {
  const ends = new Map<string, string | undefined>();
  const child = fork(new URL('run-programs.mjs', import.meta.url), paths, {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  child.on('message', ({ path, thrown }: { readonly path: string; readonly thrown?: string }) =>
    ends.set(path, thrown),
  );
  const [stderr, [status]] = await Promise.all([
    text(child.stderr as Readable),
    once(child, 'close') as Promise<[number | null]>,
  ]);
  return {
    status,
    stderr,
    thrown: (path) => (ends.has(path) ? ends.get(path) : `It did not come to its end. ${stderr}`),
  };
}
