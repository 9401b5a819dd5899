import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { JackfieldError } from '../../base/errors.js';
import { fileError } from '../../files/file-error.js';
import { FolderLock } from '../../files/folder-lock.js';
import { makeFolder } from '../../files/whole-file.js';

const DOING = 'written to';
/** A sweeping process may remove a new folder between its creation and its lock. */
const MAX_TRIES = 5;

/**
 * Folder of one process for incoming audio. It is locked while the process lives, so that the folder of a killed
 * process can be recognised.
 */
export class IntakeFolder {
  readonly path: string;
  readonly #lock: FolderLock;

  private constructor(path: string, lock: FolderLock) {
    this.path = path;
    this.#lock = lock;
  }

  /** Creates a folder in `parent`. @throws ERR_FILE; ERR_UNSUPPORTED without the package `libsql`. */
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

  /** Removes the unused folders in `parent`. @throws ERR_FILE */
  static async sweep(parent: string): Promise<void> {
    const names = await readdir(parent).catch((cause: unknown) => {
      throw fileError('read the folder', parent, cause);
    });
    for (const name of names) await removeUnused(join(parent, name));
  }

  /** Locks all folders in `parent` for this process. @throws ERR_INVALID_STATE, ERR_FILE */
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

  /** Removes the folder and its content. @throws ERR_FILE */
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
    // An entry that cannot be locked belongs to no process.
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
