import { type AudioFile, openAudio } from '../voice.js';
import { STANDARD } from './standard-streams.js';
import { warnLine } from './terminal-text.js';

/**
 * Opens a sound file as `openAudio`, and prints to standard error when it is damaged. A file that comes through a pipe
 * has no length in its header and is not reported for that.
 *
 * @param name Its name in the message; `path` may be a copy of standard input.
 */
export async function openSound(path: string, name: string = path): Promise<AudioFile> {
  const sound = await openAudio(path);
  const { damage } = sound;
  if (damage && !(name === STANDARD && damage.state === 'unfinished')) warnLine(`${name}: ${damage.message}`);
  return sound;
}

/** Prints the damage of files that are read later, as {@link openSound} does. */
export async function warnOfDamage(paths: readonly string[], names: readonly string[]): Promise<void> {
  for (const [index, path] of paths.entries())
    await (await openSound(path, names[index]))[Symbol.asyncDispose]();
}
