import { realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { JackfieldError } from '../../base/errors.js';
import { printable } from '../../base/printable.js';
import { confinedPath, isInside } from '../../files/confined-path.js';
import { isNoDetails, readSidecar } from '../read-details.js';
import { possibleOutputs, recordingFiles } from '../recording-files.js';
import { beside, type RecordingSidecar } from '../sidecar.js';
import { analysisFile } from './analysis-file.js';
import { annotationFile } from './annotation-file.js';
import type { CatalogueEntry } from './catalogue-entry.js';
import { transcriptFile } from './transcript-file.js';

const AUDIO_NAME = /\.wav(\.age)?$/i;

/**
 * Absolute path of the audio `file` in the folder of a catalogue.
 *
 * @throws ERR_FILE for a path that is not the audio of a recording, or that leaves the folder, directly or by a link.
 */
export async function audioPath(folder: string, file: string): Promise<string> {
  const path = confinedPath(folder, file);
  if (!AUDIO_NAME.test(file)) {
    throw new JackfieldError(
      'ERR_FILE',
      `${JSON.stringify(file)} is not the name of an audio file of a recording.`,
    );
  }
  const [root, real] = await Promise.all([realpath(folder), realpath(path).catch(() => path)]);
  const parent = await realpath(dirname(path)).catch(() => dirname(path));
  if (parent === root || isInside(root, parent)) {
    if (real === path || isInside(root, real)) return path;
  }
  throw new JackfieldError(
    'ERR_FILE',
    `${JSON.stringify(file)} leads out of ${printable(folder)} through a link.`,
  );
}

/** Finds the audio beside a sidecar. @throws ERR_FILE */
export async function recordingBeside(
  sidecarFile: string,
): Promise<{ readonly file: string; readonly sidecar: RecordingSidecar }> {
  const sidecar = await readSidecar(sidecarFile);
  const file = join(dirname(sidecarFile), basename(sidecar.audio.file));
  if (beside(file, '.json') === sidecarFile) return { file, sidecar };
  const text = `${printable(sidecarFile)} is the sidecar of ${printable(basename(file))}, not of the file beside it.`;
  throw new JackfieldError('ERR_FILE', text);
}

/**
 * Lists the files of the recording whose audio is `file`, including files that do not exist: those of its sidecar,
 * annotations, analysis and transcript. A sidecar of another recording is ignored. Without a sidecar, lists the audio
 * and all possible outputs.
 *
 * @throws ERR_FILE
 */
export async function listedFiles(file: string, { id, segment }: CatalogueEntry): Promise<string[]> {
  const notes = [annotationFile(file), analysisFile(file), transcriptFile(file)];
  const sidecar = await readSidecar(beside(file, '.json')).catch((error: unknown) => {
    // A read error may be temporary.
    if (!isNoDetails(error)) throw error;
  });
  if (!sidecar) return [file, ...possibleOutputs(file), ...notes];
  const isOwn = sidecar.id === id && sidecar.segment === segment;
  return [...(isOwn ? recordingFiles(file, sidecar) : [file]), ...notes];
}
