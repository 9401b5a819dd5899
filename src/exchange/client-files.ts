import { open, rm } from 'node:fs/promises';
import { writePrivate } from '../files/private-file.js';
import { confined } from './voice/confined.js';

/** The files that clients name and that are no voice streams: pictures. They lie in the folders for FILE. */
export class ClientFiles {
  readonly #roots: readonly string[];

  /** @param roots the folders; none where no file may be read or written. */
  constructor(roots: readonly string[]) {
    this.#roots = roots;
  }

  /** A whole file of at most `maxBytes`. Rejects with the reason. */
  async read(path: string, maxBytes: number): Promise<Uint8Array> {
    await using file = await open(await confined(path, this.#roots));
    const { size } = await file.stat();
    if (size > maxBytes) throw new Error(`${path} is longer than ${maxBytes} bytes`);
    return await file.readFile();
  }

  /** Makes a file anew, for its owner alone. Rejects with the reason. */
  async write(path: string, data: Uint8Array): Promise<void> {
    const real = await confined(path, this.#roots);
    await rm(real, { force: true });
    // Whatever was put there meanwhile, a link above all, is not written through.
    await writePrivate(real, data, 'wx');
  }
}
