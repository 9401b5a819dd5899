import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
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
  readonly #folder: string;

  /** @param archive The folder of the recordings. */
  constructor(archive: string) {
    this.#folder = join(archive, '.after-calls');
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

  /** The notes that are kept, in the order of their ids. What is none is left out. */
  async read(): Promise<readonly AfterCallNote[]> {
    const names = await readdir(this.#folder).catch(() => []);
    const notes = await Promise.all(
      names
        .filter((name) => NAME.test(name))
        .sort()
        .map((name) => readFile(join(this.#folder, name), 'utf8').then(noteIn, () => undefined)),
    );
    return notes.filter((note) => note !== undefined);
  }

  #fileOf({ id }: AfterCallNote): string {
    return join(this.#folder, `${id}.json`);
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
