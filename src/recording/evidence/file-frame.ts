import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { fileError } from '../../files/file-error.js';
import { WavReader } from '../../voice/wav/wav-reader.js';
import { STEREO_BYTES } from '../file/stereo-file.js';
import { isSealed } from '../sealed/recorded-legs.js';

/** The bytes of a recording's file before and after the sample data. */
export interface FileFrame {
  /** Offset of the data, in bytes. 0 for an encrypted file, which has no plain samples. */
  readonly offset: number;
  /**
   * Length of the data, in bytes. The data is not part of the frame, because the blocks cover it. 0 for an encrypted
   * file.
   */
  readonly bytes: number;
  /** SHA-256 over the bytes before and after the data, hexadecimal. */
  readonly sha256: string;
}

/** Computes the frame of a complete recording. @throws ERR_FILE, ERR_WAV */
export async function fileFrameOf(file: string, samples: number): Promise<FileFrame> {
  const place = isSealed(file) ? { offset: 0, bytes: 0 } : await dataOf(file, samples);
  return { ...place, sha256: await hashAround(file, place) };
}

/** Compares a file with its frame. Returns the fault, or undefined. @throws ERR_FILE */
export async function frameFault(file: string, frame: FileFrame): Promise<string | undefined> {
  if ((await hashAround(file, frame)) === frame.sha256) return undefined;
  if (frame.offset === 0) return 'The encrypted file was changed since it was written.';
  const { size } = await stat(file);
  const end = frame.offset + frame.bytes;
  return size > end
    ? `The header was changed, or data was added after the audio: the audio ends at byte ${end} of ${size}.`
    : 'The header of the file was changed.';
}

async function dataOf(file: string, samples: number): Promise<Omit<FileFrame, 'sha256'>> {
  await using reader = await WavReader.open(file);
  return { offset: reader.layout.dataOffset, bytes: samples * STEREO_BYTES };
}

async function hashAround(file: string, { offset, bytes }: Omit<FileFrame, 'sha256'>): Promise<string> {
  const hash = createHash('sha256');
  try {
    if (offset > 0) for await (const chunk of createReadStream(file, { end: offset - 1 })) hash.update(chunk);
    for await (const chunk of createReadStream(file, { start: offset + bytes })) hash.update(chunk);
  } catch (error) {
    throw fileError('read', file, error);
  }
  return hash.digest('hex');
}
