import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileError, isMissing } from '../../files/file-error.js';
import { makePrivateFolder, removeFile } from '../../files/private-file.js';
import { writeJson } from '../../files/whole-file.js';

/** A recording that still has to be transcribed or masked. Stored on disk until that is done. */
export interface AfterCallNote {
  /** Id of the publication and of its event. */
  readonly id: string;
  /** Type of that event. */
  readonly type: string;
  /** Path of the audio, relative to the folder of the archive. */
  readonly file: string;
  /** True when the recording is to be masked; its event waits for that. */
  readonly masks: boolean;
}

/** The notes of an archive, one file per note. */
export class AfterCallNotes {
  /** Name of the notes' folder in the folder of recordings. */
  readonly name = '.after-calls';
  readonly #folder: string;

  /** @param archive The folder of the recordings. */
  constructor(archive: string) {
    this.#folder = join(archive, this.name);
  }

  /** Writes a note, replacing one with the same id. It is on disk when this resolves. @throws ERR_FILE */
  async keep(note: AfterCallNote): Promise<void> {
    await makePrivateFolder(this.#folder);
    await writeJson(this.#fileOf(note), note);
  }

  /** @throws ERR_FILE */
  async remove(note: AfterCallNote): Promise<void> {
    await removeFile(this.#fileOf(note));
  }

  /**
   * Reads the notes, in the order of their ids. Invalid files are skipped.
   * @throws ERR_FILE when a note cannot be read: then it is unknown which recordings wait for masking.
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

/** Resolves to the content; to undefined when the path does not exist. @throws ERR_FILE for any other reason. */
async function unlessMissing<T>(path: string, reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw fileError('read', path, error);
  }
}

const ID = /^[\w.-]{1,200}$/;
const NAME = /^[\w.-]{1,200}\.json$/;

function noteIn(text: string): AfterCallNote | undefined {
  try {
    const { id, type, file, masks }: Partial<AfterCallNote> = Object(JSON.parse(text));
    const isSound = typeof id === 'string' && ID.test(id) && typeof type === 'string' && type !== '';
    // A missing `masks` counts as true: masking too much is safer.
    return isSound && typeof file === 'string' ? { id, type, file, masks: masks !== false } : undefined;
  } catch {
    return undefined;
  }
}
