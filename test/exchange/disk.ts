import { spawnSync } from 'node:child_process';
import { rmdirSync } from 'node:fs';
import { folder } from './world.js';

/** A file system in memory, with little room. */
export interface SmallDisk extends AsyncDisposable {
  readonly path: string;
  /** Gives it as much room as this. */
  resize(bytes: number): void;
}

function mount(options: string, path: string): boolean {
  return spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', path]).status === 0;
}

/** Mounts one. Only root may. */
export function smallDisk(bytes: number): SmallDisk {
  const path = folder();
  if (!mount(`size=${bytes}`, path)) throw new Error('no disk can be mounted here');
  return {
    path,
    resize: (size) => void mount(`remount,size=${size}`, path),
    async [Symbol.asyncDispose]() {
      spawnSync('umount', ['-l', path]);
      rmdirSync(path);
    },
  };
}

/** Whether this process can mount a disk. */
export const canMount = (() => {
  const path = folder();
  const mounted = mount('size=4k', path);
  if (mounted) spawnSync('umount', ['-l', path]);
  rmdirSync(path);
  return mounted;
})();
