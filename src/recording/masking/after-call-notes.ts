import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileError } from '../../files/file-error.js';
import { makePrivateFolder, removeFile } from '../../files/private-file.js';
import { writeJson } from '../../files/whole-file.js';

/** A recording that is not transcribed or masked yet: kept on disk until it is. */
export interface AfterCallNote {
  /** Of the publication, and of the news of it. */
  readonly id: string;
  /** Type of that news. */
  readonly type: string;
  /** The audio, relative to the folder of the archive. */
  readonly file: string;
  /** True when the recording is to be masked, and its news waits for that. */
  readonly masks: boolean;
}

/** Notes of an archive, a file each. */
export class AfterCallNotes {
  /** Of their folder, in that of the recordings. */
  readonly name = '.after-calls';
  readonly #folder: string;

  /** @param archive The folder of the recordings. */
  constructor(archive: string) {
    this.#folder = join(archive, this.name);
  }

  /** Keeps a note, in the place of one with its id. It is on disk when this resolves. @throws ERR_FILE */
  async keep(note: AfterCallNote): Promise<void> {
    await makePrivateFolder(this.#folder);
    await writeJson(this.#fileOf(note), note);
  }

  /** @throws ERR_FILE */
  async remove(note: AfterCallNote): Promise<void> {
    await removeFile(this.#fileOf(note));
  }

  /**
   * The notes that are kept, in the order of their ids. What is none is left out.
   * @throws ERR_FILE when they cannot be read: it is not known then what waits to be masked.
   */
  async read(): Promise<readonly AfterCallNote[]> {
    const names = (await unlessMissing(this.#folder, readdir(this.#folder))) ?? [];
    const notes = await Promise.all(
      names
        .filter((name) => NAME.test(name))
        .sort()
        .map(async (name) => {
          const path = join(this.#folder, name);
          const text = await unlessMissing(path, readFile(path, 'utf8'));
          return text === undefined ? undefined : noteIn(text);
        }),
    );
    return notes.filter((note) => note !== undefined);
  }

  #fileOf({ id }: AfterCallNote): string {
    return join(this.#folder, `${id}.json`);
  }
}

/** Resolves to what is read; to undefined where it is not there. @throws ERR_FILE for any other reason. */
async function unlessMissing<T>(path: string, reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw fileError('read', path, error);
  }
}

const ID = /^[\w.-]{1,200}$/;
const NAME = /^[\w.-]{1,200}\.json$/;

function noteIn(text: string): AfterCallNote | undefined {
  try {
    const { id, type, file, masks }: Partial<AfterCallNote> = Object(JSON.parse(text));
    const isSound = typeof id === 'string' && ID.test(id) && typeof type === 'string' && type !== '';
    // Who cannot tell whether it was to be masked has it masked.
    return isSound && typeof file === 'string' ? { id, type, file, masks: masks !== false } : undefined;
  } catch {
    return undefined;
  }
}
