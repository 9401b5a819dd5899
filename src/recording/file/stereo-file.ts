import { ftruncate } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { Opening } from '../../base/opening.js';
import { STEREO } from '../../base/pcm.js';
import { fileError } from '../../files/file-error.js';
import { type PositionedFile, positionedFile } from '../../files/positioned-file.js';
import { openPrivate, removeFile } from '../../files/private-file.js';
import type { LegEnds } from '../../stream/align/ledger.js';
import { WavHeader } from '../../voice/wav/wav-header.js';
import type { WavMetadata } from '../../voice/wav/wav-metadata.js';
import type { AudioStore } from './audio-store.js';

/** Bytes of one stereo sample. */
export const STEREO_BYTES = 4;

/** Chunk with the end of each leg in a recording in progress: two unsigned 64-bit numbers. */
const ENDS_CHUNK = { id: 'jfle', bytes: 16 };
const SEARCHED_BYTES = 1 << 16;

/**
 * A growing stereo WAV file. Its newest part may still change. It is valid at every moment: samples are written first,
 * then the header that counts them.
 */
export class StereoFile implements AudioStore {
  readonly path: string;
  readonly #fd: number;
  readonly #file: PositionedFile;
  readonly #header: WavHeader;
  /** Sample count in the header on disk. */
  #committed: number | undefined;

  private constructor(path: string, fd: number, io: 'async' | 'sync', header: WavHeader) {
    this.path = path;
    this.#fd = fd;
    this.#file = positionedFile(fd, io);
    this.#header = header;
  }

  /** @throws ERR_FILE when the file cannot be created. */
  static async create(path: string, io: 'async' | 'sync', metadata: WavMetadata = {}): Promise<StereoFile> {
    const header = new WavHeader({ format: STEREO, encoding: 's16', metadata, own: ENDS_CHUNK });
    try {
      await using opening = new Opening();
      const file = new StereoFile(path, await openPrivate(path, 'w'), io, header);
      opening.add(file, async () => {
        await file.#file.close();
        await removeFile(path);
      });
      await file.commit(0, { local: 0, remote: 0 });
      return opening.done(file);
    } catch (error) {
      throw fileError('create', path, error);
    }
  }

  async write(samples: Int16Array, position: number): Promise<void> {
    const bytes = new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
    try {
      await this.#file.write(bytes, this.#header.length + position * STEREO_BYTES);
    } catch (error) {
      throw fileError('write', this.path, error);
    }
  }

  final(): void {}

  async commit(sampleCount: number, legs: LegEnds): Promise<void> {
    const header = this.#header.sized(sampleCount * STEREO_BYTES);
    const view = new DataView(header.buffer, header.byteOffset + this.#header.ownAt);
    view.setBigUint64(0, BigInt(legs.local), true);
    view.setBigUint64(8, BigInt(legs.remote), true);
    try {
      await this.#file.write(header, 0);
      this.#committed = sampleCount;
    } catch (error) {
      throw fileError('write', this.path, error);
    }
  }

  async checkPresence(): Promise<void> {
    try {
      await this.#file.checkLinked();
    } catch (error) {
      throw fileError('write', this.path, error);
    }
  }

  async close(sampleCount: number, legs: LegEnds): Promise<void> {
    try {
      await this.checkPresence();
      // On a write error the header is already right: the file ends at the last committed position.
      if (sampleCount !== this.#committed) await this.commit(sampleCount, legs);
      await promisify(ftruncate)(this.#fd, this.#header.length + sampleCount * STEREO_BYTES);
      await this.#file.sync();
    } finally {
      await this.#file.close();
    }
  }
}

/** Reads the end of each leg at the last commit of `path`; undefined for a file of another writer. */
export async function readLegEnds(path: string): Promise<LegEnds | undefined> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, 'r');
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(SEARCHED_BYTES), 0, SEARCHED_BYTES, 0);
    return legEndsIn(buffer.subarray(0, bytesRead));
  } catch (error) {
    throw fileError('read', path, error);
  } finally {
    await handle?.close();
  }
}

/** Reads the end of each leg from the first bytes of a WAV file. */
export function legEndsIn(bytes: Buffer): LegEnds | undefined {
  for (let at = 12; at + 8 + ENDS_CHUNK.bytes <= bytes.length; ) {
    const size = bytes.readUInt32LE(at + 4);
    if (bytes.toString('latin1', at, at + 4) === ENDS_CHUNK.id && size === ENDS_CHUNK.bytes) {
      return {
        local: Number(bytes.readBigUInt64LE(at + 8)),
        remote: Number(bytes.readBigUInt64LE(at + 16)),
      };
    }
    at += 8 + size + (size & 1);
  }
  return undefined;
}
