import { dirname, join } from 'node:path';
import { beside, type RecordingSidecar } from './sidecar.js';

/** Endings of outputs, which follow the name of a recording. */
const OUTPUT_ENDINGS = ['.local.wav', '.remote.wav', '.flac', '.mp3', '.opus'];
/**
 * A name that ends so would be taken for a file of the recording that is called the same without it, and a folder be in
 * the way of one, or of the catalogue.
 */
const FILE_ENDING =
  /\.(?=(local|remote|manifest|hold|annotations|analysis|transcript|json|jsonl|journal|reserve|part|wav|age|flac|mp3|opus|ogg|sqlite(-wal|-shm)?)(\/|$))/gi;

/**
 * The files of a recording: the audio, the sidecar, the manifest, and the outputs that the sidecar lists. What a sidecar
 * that was changed names besides those is not among them.
 *
 * @param file The audio.
 */
export function recordingFiles(file: string, { outputs = [] }: Pick<RecordingSidecar, 'outputs'>): string[] {
  const listed = new Set(outputs.map((output) => join(dirname(file), output.file)));
  const made = possibleOutputs(file).filter((path) => listed.has(path));
  return [file, beside(file, '.json'), beside(file, '.manifest.json'), ...made];
}

/** Paths that the outputs of a recording can have. */
export function possibleOutputs(file: string): string[] {
  return OUTPUT_ENDINGS.map((ending) => beside(file, ending));
}

/** A path for a recording of which no part can be a file of another one: `ann.local` becomes `ann_local`. */
export function recordingName(name: string): string {
  return name.replace(FILE_ENDING, '_');
}
