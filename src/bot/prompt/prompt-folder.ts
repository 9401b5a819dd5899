import { readdir } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { JackfieldError, messageOf } from '../../base/errors.js';
import { printable } from '../../base/printable.js';

/** A folder of this form holds the prompts of one language: `en`, `pt-BR`. */
const LANGUAGE = /^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/;
const AUDIO: ReadonlySet<string> = new Set(
  '.wav .flac .mp3 .ogg .opus .m4a .aac .aif .aiff .webm .wma .gsm .au'.split(' '),
);

/**
 * Finds the audio files of a folder by the name of the prompt, which is the path without its extension:
 * `menus/welcome.wav` is `menus/welcome`, and `de/menus/welcome.mp3` is the same prompt in German.
 */
export class PromptFolder {
  readonly #files: ReadonlyMap<string, string>;

  private constructor(files: ReadonlyMap<string, string>) {
    this.#files = files;
  }

  /** @throws ERR_FILE when the folder cannot be read, ERR_INVALID_ARG when two files are the same prompt. */
  static async open(folder: string): Promise<PromptFolder> {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(
      (error: unknown) => {
        throw new JackfieldError(
          'ERR_FILE',
          `The prompts in ${printable(folder)} cannot be read: ${printable(messageOf(error))}`,
          {
            cause: error,
          },
        );
      },
    );
    const files = new Map<string, string>();
    for (const entry of entries) {
      const extension = extname(entry.name);
      if (!entry.isFile() || !AUDIO.has(extension.toLowerCase())) continue;
      const path = join(entry.parentPath, entry.name);
      const name = relative(folder, path).slice(0, -extension.length).split(sep).join('/');
      const other = files.get(name);
      if (other !== undefined) {
        throw new JackfieldError(
          'ERR_INVALID_ARG',
          `${printable(other)} and ${printable(path)} are the same prompt: keep one.`,
        );
      }
      files.set(name, path);
    }
    return new PromptFolder(files);
  }

  /** Names of all prompts, without their languages. */
  get names(): readonly string[] {
    const names = [...this.#files.keys()].map((name) => {
      const [first = '', ...rest] = name.split('/');
      return rest.length > 0 && LANGUAGE.test(first) ? rest.join('/') : name;
    });
    return [...new Set(names)].sort();
  }

  /** Returns the file of a prompt: in `pt-BR`, else in `pt`, else without a language. */
  find(name: string, language: string): string | undefined {
    const [base = language] = language.split('-');
    for (const candidate of [`${language}/${name}`, `${base}/${name}`, name]) {
      const file = this.#files.get(candidate);
      if (file !== undefined) return file;
    }
    return undefined;
  }
}
