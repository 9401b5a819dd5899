import { close, constants, fstat, open, type Stats } from 'node:fs';
import { type FileHandle, lstat, open as openHandle, readlink, realpath, unlink } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { promisify } from 'node:util';
import { JackfieldError } from '../base/errors.js';
import { Opening } from '../base/opening.js';
import { printable } from '../base/printable.js';
import { isInside } from './confined-path.js';
import { fileError, isMissing } from './file-error.js';

const { O_CREAT, O_EXCL, O_RDONLY, O_WRONLY } = constants;
// Windows has none of these.
const { O_DIRECTORY = 0, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;
/** On Linux a folder is held by its descriptor, so that another one put in its place meanwhile has no effect. */
const HOLDS_FOLDERS = process.platform === 'linux';
/** Links on one path: the same limit as Linux has. */
const MAX_LINKS = 40;

const openAsync = promisify(open);
const closeAsync = promisify(close);
const fstatAsync = promisify(fstat);

/** A file that is open to be read, and where it really lies. */
export interface ReadableFile {
  readonly handle: FileHandle;
  readonly path: string;
  readonly is: Stats;
}

/** A file that is open to be written, and where it really lies. */
export interface WritableFile {
  readonly fd: number;
  readonly path: string;
  readonly is: Stats;
}

/**
 * Called before a file is written, with its real path and the file that is there already.
 *
 * @throws when it may not be written.
 */
export type WriteClaim = (path: string, existing: Stats | undefined) => void;

/**
 * Folders in which a client may name files. A link may lead to another place in the folders. A path that leads outside
 * is refused, with the same message whether a file is there or not. Names are looked up folder by folder, each held
 * open meanwhile, so that a folder or link that is changed at the same time cannot lead outside.
 */
export class FileRoots {
  readonly #roots: readonly string[];

  /** @param roots The folders; relative paths lie in the first. */
  constructor(roots: readonly string[]) {
    this.#roots = [...roots];
  }

  /** Makes a client's path absolute; `undefined` when there are no roots. */
  resolve(path: string): string | undefined {
    const [first] = this.#roots;
    return first === undefined ? undefined : resolve(first, path);
  }

  /** Opens a regular file to read it. @throws ERR_FILE */
  read(path: string): Promise<ReadableFile> {
    return this.#find(path, 'read', async (folder, name) => {
      await using opening = new Opening();
      // Without O_NONBLOCK, opening a pipe would wait for its other end.
      const handle = await openHandle(folder.at(name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
      opening.add(handle, () => handle.close());
      const is = await handle.stat();
      if (!is.isFile()) throw noRegularFile(path);
      await folder.confirm(name, is);
      return opening.done({ handle, path: join(folder.path, name), is });
    });
  }

  /** Resolves when there is a folder of this name. @throws ERR_FILE */
  async folder(path: string): Promise<void> {
    const given = this.resolve(path);
    if (this.#roots.some((root) => resolve(root) === given)) return;
    await this.#find(path, 'read', async (folder, name) => {
      const is = await folder.look(name);
      if (!is?.isDirectory()) throw new JackfieldError('ERR_FILE', `${printable(path)} is not a folder`);
      return folder;
    });
  }

  /**
   * Makes a new file to write to, for its owner alone. A file of that name is replaced, if `claim` allows it; programs
   * that have it open keep the old one.
   *
   * @throws ERR_FILE; any error of `claim`.
   */
  create(path: string, claim: WriteClaim): Promise<WritableFile> {
    return this.#find(path, 'write', async (folder, name) => {
      const existing = await folder.look(name);
      if (existing && !existing.isFile()) throw noRegularFile(path);
      claim(join(folder.path, name), existing);
      if (existing) await unlink(folder.at(name));
      await using opening = new Opening();
      const fd = await openAsync(folder.at(name), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
      opening.add(fd, closeAsync);
      const is = await fstatAsync(fd);
      await folder.confirm(name, is);
      return opening.done({ fd, path: join(folder.path, name), is });
    });
  }

  /** Finds the folder of a file, holds it, and lets `act` do the rest. */
  async #find<T extends object>(
    asked: string,
    action: string,
    act: (folder: HeldFolder, name: string) => Promise<T>,
  ): Promise<T> {
    const given = this.resolve(asked);
    if (given === undefined) throw new JackfieldError('ERR_FILE', 'this endpoint allows no folder for FILE');
    if (asked.includes('\0')) throw outside(asked);
    let path = given;
    try {
      for (let links = 0; links <= MAX_LINKS; links++) {
        const found = await this.#walk(path, asked, act);
        if (typeof found !== 'string') return found;
        path = found;
      }
    } catch (error) {
      throw error instanceof Error && 'syscall' in error ? fileError(action, asked, error) : error;
    }
    throw new JackfieldError('ERR_FILE', `${asked} contains too many links`);
  }

  /** Goes down to the file. Returns the result of `act`, or the path that a link on the way leads to. */
  async #walk<T>(
    path: string,
    asked: string,
    act: (folder: HeldFolder, name: string) => Promise<T>,
  ): Promise<T | string> {
    const [root, way] = (await this.#rootOf(path)) ?? [];
    if (root === undefined || way === undefined) throw outside(asked);
    const names = way.split(sep);
    const last = names.pop() ?? '';
    let folder = await HeldFolder.root(root);
    try {
      for (const [index, name] of names.entries()) {
        const target = await folder.linkAt(name);
        if (target !== undefined) return resolve(folder.path, target, ...names.slice(index + 1), last);
        const inner = await folder.inner(name);
        await folder.close();
        folder = inner;
      }
      const target = await folder.linkAt(last);
      return target === undefined ? await act(folder, last) : resolve(folder.path, target);
    } finally {
      await folder.close();
    }
  }

  /** The real path of the root that `path` lies in, and the way from there. The path itself is not looked up. */
  async #rootOf(path: string): Promise<readonly [root: string, way: string] | undefined> {
    for (const root of this.#roots) {
      const real = await realpath(root);
      for (const name of [resolve(root), real]) if (isInside(name, path)) return [real, relative(name, path)];
    }
    return undefined;
  }
}

/** A folder below a root. On Linux it stays the same one, whatever becomes of its name. */
class HeldFolder {
  /** Real path of the folder when it was opened. */
  readonly path: string;
  readonly #handle: FileHandle | undefined;

  private constructor(path: string, handle: FileHandle | undefined) {
    this.path = path;
    this.#handle = handle;
  }

  static async root(path: string): Promise<HeldFolder> {
    return new HeldFolder(path, HOLDS_FOLDERS ? await openHandle(path, O_RDONLY | O_DIRECTORY) : undefined);
  }

  async inner(name: string): Promise<HeldFolder> {
    const flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
    return new HeldFolder(join(this.path, name), this.#handle && (await openHandle(this.at(name), flags)));
  }

  /** Path by which the system reaches a name in this folder. */
  at(name: string): string {
    return this.#handle ? `/proc/self/fd/${this.#handle.fd}/${name}` : join(this.path, name);
  }

  /** Status of a name, without following links; `undefined` when it does not exist. */
  async look(name: string): Promise<Stats | undefined> {
    return await lstat(this.at(name)).catch((error: unknown) => {
      if (isMissing(error)) return undefined;
      throw error;
    });
  }

  /** Target of a link; `undefined` for anything else. */
  async linkAt(name: string): Promise<string | undefined> {
    return (await this.look(name))?.isSymbolicLink() ? await readlink(this.at(name)) : undefined;
  }

  /** Checks that the opened file is the one of this name. Nothing to check where folders are held. */
  async confirm(name: string, is: Stats): Promise<void> {
    if (this.#handle) return;
    const there = await this.look(name);
    const sameFile = is.ino === there?.ino && is.dev === there.dev;
    if (sameFile && (await realpath(this.path)) === this.path) return;
    throw new JackfieldError('ERR_FILE', `${printable(name)} was moved while it was being opened`);
  }

  async close(): Promise<void> {
    await this.#handle?.close();
  }
}

function outside(path: string): JackfieldError {
  return new JackfieldError('ERR_FILE', `${printable(path)} is outside the folders of this endpoint`);
}

function noRegularFile(path: string): JackfieldError {
  return new JackfieldError('ERR_FILE', `${printable(path)} is not a regular file`);
}
