import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { STEREO } from '../../base/pcm.js';
import { hashFile } from '../../files/whole-file.js';
import type { PcmInput } from '../../voice/pcm-input.js';
import { loadEncoder, transcode } from '../../voice/transcode/transcode.js';
import type { RecordedCall, RecordingOutput } from '../sidecar.js';
import { reserveForEncoder } from './spare-descriptors.js';

/** Compressed formats of recordings besides WAV. */
export type CompressedFormat = 'flac' | 'mp3' | 'opus';

export const COMPRESSED_FORMATS: readonly CompressedFormat[] = ['flac', 'mp3', 'opus'];

/** The facts for the tags of a compressed recording. */
export interface TagFacts {
  readonly id: string;
  readonly startedAt: string;
  readonly call: RecordedCall;
}

/**
 * Writes a recording in another format, with tags. The file appears when it is complete.
 * @throws as `transcode`; ERR_LIMIT when this process is close to its limit of open files.
 */
export async function compress(
  input: string | PcmInput,
  output: string,
  format: CompressedFormat,
  { id, startedAt, call }: TagFacts,
): Promise<void> {
  const tags = {
    title: `Call with ${call.partner || 'unknown'}`,
    artist: call.partner,
    comment: `Recording ${id}, call ${call.id}`,
    date: new Date(startedAt),
  };
  const begun = reserveForEncoder();
  try {
    await transcode({ input, output, format, tags, onProgress: begun });
  } finally {
    begun();
  }
}

/** Loads the encoders in advance: loading one during a call would delay its recording. @throws ERR_ENCODER. */
export async function loadCompressed(formats: readonly CompressedFormat[]): Promise<void> {
  for (const format of formats) await loadEncoder(format, STEREO);
}

/** The sidecar entry of an output file. @throws ERR_FILE. */
export async function outputOf(path: string): Promise<RecordingOutput> {
  const sha256 = await hashFile(path);
  return { file: basename(path), bytes: (await stat(path)).size, sha256 };
}
