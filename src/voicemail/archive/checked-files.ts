import { stat } from 'node:fs/promises';
import { hashFile } from '../../files/whole-file.js';

const MAX_FILES = 10_000;

/** Cache of files with a verified checksum that have not changed since, by their file status. */
export class CheckedFiles {
  /** Status of each file, by path. */
  readonly #stamps = new Map<string, string>();

  /** Resolves to true when the file exists and matches its checksum (SHA-256, hexadecimal). */
  async isIntact(path: string, fileSha256: string): Promise<boolean> {
    try {
      const { ino, size, mtimeMs, ctimeMs } = await stat(path);
      const stamp = [fileSha256, ino, size, mtimeMs, ctimeMs].join();
      if (this.#stamps.get(path) === stamp) return true;
      if ((await hashFile(path)) !== fileSha256) return false;
      if (this.#stamps.size >= MAX_FILES) this.#stamps.clear();
      this.#stamps.set(path, stamp);
      return true;
    } catch {
      // An unreadable file is not intact.
      return false;
    }
  }
}
