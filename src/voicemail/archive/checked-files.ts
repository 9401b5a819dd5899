import { stat } from 'node:fs/promises';
import { hashFile } from '../../files/whole-file.js';

const MAX_FILES = 10_000;

/** Files whose checksum was found to hold, and that the system says have not been touched since. */
export class CheckedFiles {
  /** By path: what the file was like. */
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
      // What cannot be read is no longer what it was.
      return false;
    }
  }
}
