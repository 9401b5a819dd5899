import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { JackfieldError } from '../../base/errors.js';
import { fileError } from '../../files/file-error.js';
import { FolderLock } from '../../files/folder-lock.js';
import { makeFolder } from '../../files/whole-file.js';

const DOING = 'written to';
/** A process that sweeps may take a new folder for one that was left, between the two steps of making it. */
const MAX_TRIES = 5;

/**
 * Folder in which one process keeps audio that is still coming in, among the folders of others. It is locked while
 * the process lives, so that the rest of a process that was killed can be told from a folder in use.
 */
export class IntakeFolder {
  readonly path: string;
  readonly #lock: FolderLock;

  private constructor(path: string, lock: FolderLock) {
    this.path = path;
    this.#lock = lock;
  }

  /** Makes one in `parent`. @throws ERR_FILE; ERR_UNSUPPORTED without the package `libsql`. */
  static async open(parent: string): Promise<IntakeFolder> {
    for (let tries = 1; ; tries++) {
      const path = join(parent, randomUUID());
      await makeFolder(path);
      try {
        return new IntakeFolder(path, FolderLock.take(path, DOING));
      } catch (error) {
        if (tries === MAX_TRIES) throw error;
      }
    }
  }

  /** Removes the folders in `parent` that no process works in. @throws ERR_FILE */
  static async sweep(parent: string): Promise<void> {
    const names = await readdir(parent).catch((cause: unknown) => {
      throw fileError('read the folder', parent, cause);
    });
    for (const name of names) await removeUnused(join(parent, name));
  }

  /** Keeps what is in `parent` for this process, while no other works there. @throws ERR_INVALID_STATE, ERR_FILE */
  static reserveAll(parent: string): Disposable {
    const locks: FolderLock[] = [];
    const release = () => {
      for (const lock of locks) lock.release();
    };
    try {
      for (const entry of existsSync(parent) ? readdirSync(parent, { withFileTypes: true }) : []) {
        if (entry.isDirectory()) locks.push(FolderLock.take(join(parent, entry.name), DOING));
      }
    } catch (error) {
      release();
      throw error;
    }
    return { [Symbol.dispose]: release };
  }

  /** Removes it, with what is in it. @throws ERR_FILE */
  async close(): Promise<void> {
    await remove(this.path);
    this.#lock.release();
  }
}

async function removeUnused(path: string): Promise<void> {
  let lock: FolderLock | undefined;
  try {
    lock = FolderLock.take(path, DOING);
  } catch (error) {
    if (error instanceof JackfieldError && error.code === 'ERR_INVALID_STATE') return;
    // What cannot be locked is no such folder, and belongs to nobody.
  }
  try {
    await remove(path);
  } finally {
    lock?.release();
  }
}

async function remove(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true }).catch((cause: unknown) => {
    throw fileError('remove', path, cause);
  });
}
