import { constants } from 'node:fs';
import { copyFile, type FileHandle, link, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { checkOptions, flag, type Rules } from '../../base/check.js';
import { JackfieldError } from '../../base/errors.js';
import { printable } from '../../base/printable.js';
import { fileError } from '../../files/file-error.js';
import type { WavLayout } from './wav-layout.js';
import { WavReader } from './wav-reader.js';

export interface WavRepair {
  /** Fault of the file; `'ok'` when it had none and was not changed. */
  readonly found: WavLayout['state'];
  /** Samples per channel that the header counted before, limited to those in the file. */
  readonly sampleCountBefore: number;
  /** Samples per channel that the file holds now. */
  readonly sampleCount: number;
  /** Path of the original; absent when the file was not changed. */
  readonly original?: string;
}

export interface WavRepairOptions {
  /**
   * True to keep the original beside the repaired file, which needs as much disk space again. When false, the header is
   * changed in place, provided that nothing follows the sound. Default true.
   */
  readonly keepOriginal?: boolean;
}

const RULES: Rules<WavRepairOptions> = { keepOriginal: flag };

const UINT32_MAX = 0xffff_ffff;
const FIRST_CHUNK = 12;
const DS64_BODY_BYTES = 28;
const COPIED_BYTES = 1 << 20;

/**
 * Repairs the header of a WAV file so that it agrees with the samples in the file: after a killed writer, a full disk
 * or an interrupted copy. Samples are neither moved nor lost. Half a sample at the end is cut off. Tags behind the
 * sound stay behind it.
 *
 * The repaired file is written beside the original and read back. Then it replaces the original in one step. The
 * original is kept as `<file>.bak`, or `<file>.bak2` and so on. No such file is overwritten.
 *
 * @throws ERR_FILE and ERR_WAV for files that cannot be read; ERR_UNSUPPORTED for a file beyond 4 GiB whose header
 *   has no room for a 64-bit size. Then the file is not changed.
 */
export async function repairWav(path: string, options: WavRepairOptions = {}): Promise<WavRepair> {
  checkOptions(options, RULES);
  const { layout } = await openedAndClosed(path);
  const { state: found, sampleCount: counted } = layout;
  if (found === 'ok') return { found, sampleCountBefore: counted, sampleCount: counted };
  const sampleCountBefore = found === 'unfinished' ? 0 : counted;
  const { sampleCount } = soundOf(layout);
  try {
    const target = await realpath(path);
    const hasTail = layout.tailOffset < (await stat(target)).size;
    if (options.keepOriginal === false && !hasTail) {
      await withFile(target, 'r+', (handle) => rewriteSizes(handle, path, layout, false));
      return { found, sampleCountBefore, sampleCount };
    }
    return { found, sampleCountBefore, sampleCount, original: await repairedCopy(target, layout) };
  } catch (error) {
    throw error instanceof JackfieldError ? error : fileError('repair', path, error);
  }
}

async function openedAndClosed(path: string): Promise<WavReader> {
  const reader = await WavReader.open(path);
  await reader.close();
  return reader;
}

/** Puts a repaired copy in the place of the file; returns the path of the original. */
async function repairedCopy(path: string, layout: WavLayout): Promise<string> {
  const copy = `${path}.${process.pid}.part`;
  try {
    await withFile(path, 'r', async (from) => {
      const { mode, size } = await from.stat();
      await withFile(copy, 'wx+', async (to) => {
        await copySound(from, to, layout);
        await rewriteSizes(to, path, layout, layout.tailOffset < size);
        await to.chmod(mode & 0o777);
      });
    });
    const { layout: repaired } = await openedAndClosed(copy);
    if (repaired.state !== 'ok' || repaired.sampleCount < layout.sampleCount) {
      throw new JackfieldError(
        'ERR_UNSUPPORTED',
        `${printable(path)} cannot be repaired: the result is not valid (${repaired.state}). Convert it instead.`,
      );
    }
    const original = await keptBeside(path);
    await rename(copy, path);
    return original;
  } catch (error) {
    await rm(copy, { force: true });
    throw error;
  }
}

/** Gives the file a second, unused name. */
async function keptBeside(path: string): Promise<string> {
  for (let number = 1; ; number++) {
    const name = `${path}.bak${number === 1 ? '' : number}`;
    try {
      // On a file system without links it is copied.
      await link(path, name).catch((error: unknown) => {
        if (codeOf(error) === 'EEXIST') throw error;
        return copyFile(path, name, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
      });
      return name;
    } catch (error) {
      if (codeOf(error) !== 'EEXIST' || number >= 1000) throw error;
    }
  }
}

/** Copies the header, the whole samples, the pad byte if one is needed, and the tail behind the sound. */
async function copySound(from: FileHandle, to: FileHandle, layout: WavLayout): Promise<void> {
  const { size } = await from.stat();
  const { end, padded } = soundOf(layout);
  await copyRange(from, 0, end, to, 0);
  await copyRange(from, layout.tailOffset, size, to, padded);
  await to.truncate(padded + size - layout.tailOffset);
}

/** Copies a range. A part that is all zeros is not written, so holes of a sparse file stay holes. */
async function copyRange(
  from: FileHandle,
  start: number,
  end: number,
  to: FileHandle,
  at: number,
): Promise<void> {
  const buffer = Buffer.allocUnsafe(COPIED_BYTES);
  const zeros = Buffer.alloc(COPIED_BYTES);
  for (let done = 0; start + done < end; ) {
    const wanted = Math.min(COPIED_BYTES, end - start - done);
    const { bytesRead } = await from.read(buffer, 0, wanted, start + done);
    if (bytesRead === 0) throw new JackfieldError('ERR_FILE', 'The file was shortened during reading.');
    const piece = buffer.subarray(0, bytesRead);
    if (!piece.equals(zeros.subarray(0, bytesRead))) await to.write(piece, 0, bytesRead, at + done);
    done += bytesRead;
  }
}

async function withFile(
  path: string,
  flags: string,
  work: (handle: FileHandle) => Promise<void>,
): Promise<void> {
  const handle = await open(path, flags, 0o600);
  try {
    await work(handle);
    if (flags !== 'r') await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Extent of the sound, whatever the header counts: whole samples up to the first tag. */
function soundOf({ dataOffset, tailOffset, blockAlign, samplesPerBlock }: WavLayout) {
  const blocks = Math.floor(Math.max(0, tailOffset - dataOffset) / blockAlign);
  const dataBytes = blocks * blockAlign;
  const end = dataOffset + dataBytes;
  return { dataBytes, sampleCount: blocks * samplesPerBlock, end, padded: end + (dataBytes & 1) };
}

async function rewriteSizes(
  handle: FileHandle,
  path: string,
  layout: WavLayout,
  hasTail: boolean,
): Promise<void> {
  const { dataOffset, riffOffset } = layout;
  const { dataBytes, sampleCount, end, padded } = soundOf(layout);
  const riffBytes = padded - riffOffset - 8;
  const isLong = layout.container === 'RF64' || riffBytes > UINT32_MAX;
  if (isLong) await writeLongSizes(handle, path, riffOffset, { riffBytes, dataBytes, sampleCount });
  await writeUint32(handle, riffOffset + 4, isLong ? UINT32_MAX : riffBytes);
  await writeUint32(handle, dataOffset - 4, isLong ? UINT32_MAX : dataBytes);
  if (hasTail) return;
  // Cuts off half a sample, or adds the pad byte.
  await handle.truncate(end);
  await handle.truncate(padded);
}

async function writeLongSizes(
  handle: FileHandle,
  path: string,
  riffOffset: number,
  sizes: { readonly riffBytes: number; readonly dataBytes: number; readonly sampleCount: number },
): Promise<void> {
  const chunk = Buffer.alloc(8 + DS64_BODY_BYTES);
  const at = riffOffset + FIRST_CHUNK;
  await handle.read(chunk, 0, chunk.length, at);
  const id = chunk.toString('latin1', 0, 4);
  if ((id !== 'JUNK' && id !== 'ds64') || chunk.readUInt32LE(4) < DS64_BODY_BYTES) {
    throw new JackfieldError(
      'ERR_UNSUPPORTED',
      `${printable(path)} needs a 64-bit size, but its header has no room for one (its first chunk is ${JSON.stringify(id)}). ` +
        'Convert it instead: all samples up to the end are read.',
    );
  }
  chunk.write('ds64', 0, 'latin1');
  chunk.writeBigUInt64LE(BigInt(sizes.riffBytes), 8);
  chunk.writeBigUInt64LE(BigInt(sizes.dataBytes), 16);
  chunk.writeBigUInt64LE(BigInt(sizes.sampleCount), 24);
  await handle.write(chunk, 0, chunk.length, at);
  await handle.write(Buffer.from('RF64', 'latin1'), 0, 4, riffOffset);
}

async function writeUint32(handle: FileHandle, position: number, value: number): Promise<void> {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  await handle.write(bytes, 0, 4, position);
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
