import { existsSync, readFileSync } from 'node:fs';
import { fileError } from '../../files/file-error.js';
import { syncFile, writeJson } from '../../files/whole-file.js';
import type { AnnotatedRecording } from './annotation-file.js';

// Results derived from a recording are stored beside it, in files that name the recording. The manifest does not cover
// them: they can be written again, and the recording still verifies.

/** Writes such a file, replacing an earlier one. @throws ERR_FILE */
export async function writeOwnFile(
  path: string,
  { id, segment }: AnnotatedRecording,
  content: object,
): Promise<void> {
  await writeJson(path, { id, segment, ...content });
  await syncFile(path);
}

/**
 * Reads such a file. Returns undefined when there is no file, when it belongs to another recording, or when `take`
 * returns undefined or throws: a truncated or foreign file can be written again.
 *
 * @throws ERR_FILE when it cannot be read.
 */
export function readOwnFile<Content extends object, Taken>(
  path: string,
  recording: AnnotatedRecording,
  take: (content: Content) => Taken | undefined,
): Taken | undefined {
  if (!existsSync(path)) return undefined;
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw fileError('read', path, error);
  }
  try {
    const { id, segment, ...content } = JSON.parse(text);
    return id === recording.id && segment === recording.segment ? take(content) : undefined;
  } catch {
    return undefined;
  }
}
