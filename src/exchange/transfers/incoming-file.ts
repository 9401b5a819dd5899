import { constants } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { JackfieldError } from '../../base/errors.js';
import { printable } from '../../base/printable.js';
import { isMissing } from '../../files/file-error.js';
import { type PositionedFile, positionedFile } from '../../files/positioned-file.js';
import { moveIntoFree, openPrivate, removeFile } from '../../files/private-file.js';
import { safeName } from '../../files/safe-name.js';

/** Suffix of an incomplete file. */
const PART = '.part';
/** Most names that are tried before a file is refused: `a.txt`, `a (2).txt` and so on. */
const MAX_NAMES = 10_000;

const { O_WRONLY, O_NOFOLLOW = 0 } = constants;

/**
 * The receiver's file. It has a different suffix until it is complete, and never replaces another file. When the name
 * is taken, a number is added.
 */
export class IncomingFile {
  #path: string;
  readonly #part: string;
  readonly #file: PositionedFile;

  private constructor(path: string, file: PositionedFile) {
    this.#path = path;
    this.#part = path + PART;
    this.#file = file;
  }

  /**
   * Creates a new file in a folder.
   *
   * @param name as sent by the other side. The file is always inside the folder, whatever the name contains.
   */
  static async create(folder: string, name: string): Promise<IncomingFile> {
    for (const path of freeNames(join(folder, safeName(name)))) {
      if (await exists(path)) continue;
      try {
        return new IncomingFile(path, positionedFile(await openPrivate(path + PART, 'wx'), 'async'));
      } catch (error) {
        if (!isTaken(error)) throw error;
      }
    }
    throw noName(name);
  }

  /** Opens a partly received file. Rejects when it holds less than `bytes`. */
  static async resume(path: string, bytes: number): Promise<IncomingFile> {
    const { size } = await lstat(path + PART);
    if (size < bytes) throw new Error(`${printable(path + PART)} lost the received data`);
    return new IncomingFile(
      path,
      positionedFile(await openPrivate(path + PART, O_WRONLY | O_NOFOLLOW), 'async'),
    );
  }

  /** Number of bytes of a file that were received before. */
  static async received(path: string): Promise<number> {
    return (await lstat(path + PART)).size;
  }

  /** True when a file was completed and renamed, but the process was killed before this was stored. */
  static async isWhole(path: string, size: number): Promise<boolean> {
    const [whole, part] = await Promise.all(
      [path, path + PART].map((each) => lstat(each).catch(() => undefined)),
    );
    const isOther = part && (part.ino !== whole?.ino || part.dev !== whole.dev);
    if (!whole?.isFile() || whole.size !== size || isOther) return false;
    if (part) await removeFile(path + PART);
    return true;
  }

  /** Path of the completed file. */
  get path(): string {
    return this.#path;
  }

  async write(bytes: Uint8Array, position: number): Promise<void> {
    await this.#file.write(bytes, position);
  }

  /** Renames the completed file. @returns its path, with a number when the name was taken meanwhile. */
  async finish(): Promise<string> {
    await this.#file.checkLinked();
    await this.#file.sync();
    await this.#file.close();
    for (const path of freeNames(this.#path)) {
      try {
        await moveIntoFree(this.#part, path);
        this.#path = path;
        return path;
      } catch (error) {
        if (!isTaken(error)) throw error;
      }
    }
    throw noName(this.#path);
  }

  /** Closes the file. The received data stays. */
  async close(): Promise<void> {
    await this.#file.close();
  }

  /** Closes the file and removes the received data. */
  async discard(): Promise<void> {
    await this.close();
    await removeFile(this.#part);
  }
}

/** Yields the possible paths in order: the name itself, then the name with a number before its extension. */
function* freeNames(path: string): Generator<string> {
  yield path;
  const ending = extname(path);
  const stem = join(dirname(path), basename(path, ending));
  for (let number = 2; number <= MAX_NAMES; number++) yield `${stem} (${number})${ending}`;
}

async function exists(path: string): Promise<boolean> {
  return await lstat(path).then(
    () => true,
    (error: unknown) => {
      if (isMissing(error)) return false;
      throw error;
    },
  );
}

function isTaken(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'EEXIST';
}

function noName(name: string): JackfieldError {
  return new JackfieldError(
    'ERR_FILE',
    `All names like ${JSON.stringify(name.slice(0, 80))} are in use: remove files from the folder.`,
  );
}
