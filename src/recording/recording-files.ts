import { dirname, join } from 'node:path';
import { beside, type RecordingSidecar } from './sidecar.js';

/** Suffixes of outputs, appended to the name of a recording. */
const OUTPUT_ENDINGS = ['.local.wav', '.remote.wav', '.flac', '.mp3', '.opus'];
/**
 * Suffixes that a recording's name or folder must not end with: it could be mistaken for, or collide with, a file of
 * another recording or of the catalogue.
 */
const FILE_ENDING =
  /\.(?=(local|remote|manifest|hold|annotations|analysis|transcript|json|jsonl|journal|reserve|part|wav|age|flac|mp3|opus|ogg|sqlite(-wal|-shm)?)(\/|$))/gi;

/**
 * The files of a recording: the audio, the sidecar, the manifest, and the outputs in the sidecar. Other names in a
 * manipulated sidecar are ignored.
 *
 * @param file Path of the audio.
 */
export function recordingFiles(file: string, { outputs = [] }: Pick<RecordingSidecar, 'outputs'>): string[] {
  const listed = new Set(outputs.map((output) => join(dirname(file), output.file)));
  const made = possibleOutputs(file).filter((path) => listed.has(path));
  return [file, beside(file, '.json'), beside(file, '.manifest.json'), ...made];
}

/** Possible paths of the outputs of a recording. */
export function possibleOutputs(file: string): string[] {
  return OUTPUT_ENDINGS.map((ending) => beside(file, ending));
}

/**
 * Makes a path safe for a recording, so that no part collides with a file of another one: `ann.local` becomes
 * `ann_local`.
 */
export function recordingName(name: string): string {
  return name.replace(FILE_ENDING, '_');
}
