import { existsSync, readFileSync } from 'node:fs';
import { fileError } from '../../files/file-error.js';
import { syncFile, writeJson } from '../../files/whole-file.js';
import type { AnnotatedRecording } from './annotation-file.js';

// What is made of a recording later lies beside it, in files that say whose they are. No manifest covers them: the
// recording stays as it was verified, and they may be made anew.

/** Writes such a file, in the place of an earlier one. @throws ERR_FILE */
export async function writeOwnFile(
  path: string,
  { id, segment }: AnnotatedRecording,
  content: object,
): Promise<void> {
  await writeJson(path, { id, segment, ...content });
  await syncFile(path);
}

/**
 * Reads such a file. Nothing where there is none, where it is of something else, or where `take` makes nothing of it or
 * throws: a file that is cut off, or another program's, can be made anew.
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
