import { execFileSync } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const mount = (size: string, at: string) =>
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', at], { stdio: 'ignore' });

/** Whether a file system of a chosen size can be made here. */
export function canMount(): boolean {
  try {
    const there = join(tmpdir(), `jackfield-mount-${process.pid}`);
    const script = `mkdir ${there} && mount -t tmpfs -o size=100k tmpfs ${there} && umount ${there}; rmdir ${there}`;
    execFileSync('sh', ['-c', script], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** A file system of its own, of a size such as `24m`. */
export class SmallDisk implements Disposable {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async mount(size: string, folder: string): Promise<SmallDisk> {
    await mkdir(folder);
    mount(size, folder);
    return new SmallDisk(folder);
  }

  [Symbol.dispose](): void {
    execFileSync('umount', [this.folder]);
  }
}
