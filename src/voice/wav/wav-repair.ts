import { type FileHandle, open } from 'node:fs/promises';
import { JackfieldError } from '../../errors.js';
import { fileError } from '../../files/file-error.js';
import type { WavLayout } from './wav-layout.js';
import { WavReader } from './wav-reader.js';

export interface WavRepair {
  /** What was wrong; `'ok'` when nothing was, and nothing was changed. */
  readonly found: WavLayout['state'];
  /** Samples per channel that the header counted before, as far as the file had them. */
  readonly sampleCountBefore: number;
  /** Samples per channel that the file holds now. */
  readonly sampleCount: number;
}

const UINT32_MAX = 0xffff_ffff;
const FIRST_CHUNK = 12;
const DS64_BODY_BYTES = 28;

/**
 * Makes the header of a WAV file agree with the samples that are there: after a killed writer, a full disk or a
 * copy that broke off. The file is changed in place; samples are neither moved nor lost. Half a sample at the end
 * is cut off.
 *
 * @throws ERR_FILE and ERR_WAV for files that cannot be read; ERR_UNSUPPORTED for a file beyond 4 GiB whose header
 *   has no room for a 64-bit size.
 */
export async function repairWav(path: string): Promise<WavRepair> {
  const { layout } = await openedAndClosed(path);
  const { state: found, sampleCount: sampleCountBefore } = layout;
  if (found === 'ok') return { found, sampleCountBefore, sampleCount: sampleCountBefore };
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, 'r+');
    const sampleCount = await rewriteSizes(handle, path, layout);
    await handle.sync();
    return { found, sampleCountBefore: found === 'unfinished' ? 0 : sampleCountBefore, sampleCount };
  } catch (error) {
    throw error instanceof JackfieldError ? error : fileError('repair', path, error);
  } finally {
    await handle?.close();
  }
}

async function openedAndClosed(path: string): Promise<WavReader> {
  const reader = await WavReader.open(path);
  await reader.close();
  return reader;
}

/** Returns the samples per channel that the file holds afterwards. */
async function rewriteSizes(handle: FileHandle, path: string, layout: WavLayout): Promise<number> {
  const { dataOffset, blockAlign, samplesPerBlock } = layout;
  const { size } = await handle.stat();
  const blocks = Math.floor((size - dataOffset) / blockAlign);
  const dataBytes = blocks * blockAlign;
  const end = dataOffset + dataBytes + (dataBytes & 1);
  const isLong = layout.container === 'RF64' || end - 8 > UINT32_MAX;
  if (isLong)
    await writeLongSizes(handle, path, {
      riffBytes: end - 8,
      dataBytes,
      sampleCount: blocks * samplesPerBlock,
    });
  await writeUint32(handle, 4, isLong ? UINT32_MAX : end - 8);
  await writeUint32(handle, dataOffset - 4, isLong ? UINT32_MAX : dataBytes);
  // Cuts half a sample off, or adds the pad byte.
  await handle.truncate(dataOffset + dataBytes);
  await handle.truncate(end);
  return blocks * samplesPerBlock;
}

async function writeLongSizes(
  handle: FileHandle,
  path: string,
  sizes: { readonly riffBytes: number; readonly dataBytes: number; readonly sampleCount: number },
): Promise<void> {
  const chunk = Buffer.alloc(8 + DS64_BODY_BYTES);
  await handle.read(chunk, 0, chunk.length, FIRST_CHUNK);
  const id = chunk.toString('latin1', 0, 4);
  if ((id !== 'JUNK' && id !== 'ds64') || chunk.readUInt32LE(4) < DS64_BODY_BYTES) {
    throw new JackfieldError(
      'ERR_UNSUPPORTED',
      `${path} needs a 64-bit size, but its header has no room for one (its first chunk is ${JSON.stringify(id)}). ` +
        'Convert it instead: the samples are read as far as they go.',
    );
  }
  chunk.write('ds64', 0, 'latin1');
  chunk.writeBigUInt64LE(BigInt(sizes.riffBytes), 8);
  chunk.writeBigUInt64LE(BigInt(sizes.dataBytes), 16);
  chunk.writeBigUInt64LE(BigInt(sizes.sampleCount), 24);
  await handle.write(chunk, 0, chunk.length, FIRST_CHUNK);
  await handle.write(Buffer.from('RF64', 'latin1'), 0, 4, 0);
}

async function writeUint32(handle: FileHandle, position: number, value: number): Promise<void> {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  await handle.write(bytes, 0, 4, position);
}
