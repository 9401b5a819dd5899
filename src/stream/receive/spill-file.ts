import { randomUUID } from 'node:crypto';
import { closeSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { JackfieldError, messageOf } from '../../base/errors.js';
import { BYTES_PER_SAMPLE } from '../../base/pcm.js';
import { printable } from '../../base/printable.js';
import { openPrivateSync } from '../../files/private-file.js';
import type { PcmChunk } from '../sink.js';

/** A run of samples in the file that is contiguous on the stream. */
interface Run {
  position: number;
  count: number;
}

/**
 * Samples that wait on disk, first in, first out. The file has a fixed size and is used as a ring. It has no name once
 * it is open, so nothing is left behind when the process ends in any way.
 */
export class SpillFile {
  readonly #fd: number;
  readonly #blockAlign: number;
  readonly #capacity: number;
  readonly #runs: Run[] = [];
  #size = 0;
  #head = 0;

  /** @param capacity In samples per channel. @throws ERR_FILE when the file cannot be made. */
  constructor(options: { directory: string | undefined; channels: number; capacity: number }) {
    const { directory = tmpdir(), channels, capacity } = options;
    this.#blockAlign = channels * BYTES_PER_SAMPLE;
    this.#capacity = capacity;
    const path = join(directory, `jackfield-spill-${randomUUID()}.pcm`);
    try {
      this.#fd = openPrivateSync(path, 'wx+');
      unlinkSync(path);
    } catch (error) {
      throw new JackfieldError(
        'ERR_FILE',
        `Cannot spill to ${printable(path)}: ${printable(messageOf(error))}.`,
        { cause: error },
      );
    }
  }

  /** Samples per channel that wait. */
  get size(): number {
    return this.#size;
  }

  /** Appends as many of `samples` as there is room for. Returns the number appended. */
  push(samples: Int16Array, position: number): number {
    const offered = samples.byteLength / this.#blockAlign;
    const count = Math.min(offered, this.#capacity - this.#size);
    const bytes = new Uint8Array(samples.buffer, samples.byteOffset, count * this.#blockAlign);
    this.#eachPart((this.#head + this.#size) % this.#capacity, bytes, (part, offset) => {
      for (let done = 0; done < part.length; ) {
        done += writeSync(this.#fd, part, done, part.length - done, offset + done);
      }
    });
    this.#size += count;
    const tail = this.#runs.at(-1);
    if (tail && tail.position + tail.count === position) tail.count += count;
    else if (count > 0) this.#runs.push({ position, count });
    return count;
  }

  /** Removes and returns up to `limit` samples from the front. */
  shift(limit: number): PcmChunk | undefined {
    const run = this.#runs[0];
    if (!run) return undefined;
    const count = Math.min(limit, run.count);
    const bytes = new Uint8Array(count * this.#blockAlign);
    this.#eachPart(this.#head, bytes, (part, offset) => {
      for (let done = 0; done < part.length; ) {
        const read = readSync(this.#fd, part, done, part.length - done, offset + done);
        if (read === 0)
          throw new JackfieldError('ERR_FILE', 'The spill file is shorter than the data written to it.');
        done += read;
      }
    });
    const chunk = { samples: new Int16Array(bytes.buffer), position: run.position };
    this.#head = (this.#head + count) % this.#capacity;
    this.#size -= count;
    run.position += count;
    run.count -= count;
    if (run.count === 0) this.#runs.shift();
    return chunk;
  }

  close(): void {
    closeSync(this.#fd);
  }

  /** Calls `action` for the one or two parts of the ring that `bytes` cover from sample `start` on. */
  #eachPart(start: number, bytes: Uint8Array, action: (part: Uint8Array, offset: number) => void): void {
    const beforeWrap = Math.min(bytes.length, (this.#capacity - start) * this.#blockAlign);
    action(bytes.subarray(0, beforeWrap), start * this.#blockAlign);
    if (beforeWrap < bytes.length) action(bytes.subarray(beforeWrap), 0);
  }
}
