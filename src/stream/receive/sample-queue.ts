import type { PcmChunk } from '../sink.js';

/** Least size of a block, in samples of all channels: small reads share one block. */
const BLOCK_LENGTH = 320;

interface Block {
  readonly samples: Int16Array;
  start: number;
  end: number;
  position: number;
}

/**
 * Interleaved samples that wait for a sink, in order. The queue has no limit of its own: its owner checks `size` first.
 */
export class SampleQueue {
  readonly #channels: number;
  readonly #blocks: Block[] = [];
  #size = 0;

  constructor(channels: number) {
    this.#channels = channels;
  }

  /** Samples per channel that wait. */
  get size(): number {
    return this.#size;
  }

  /** Copies `samples`, which begin at `position`. */
  push(samples: Int16Array, position: number): void {
    if (samples.length === 0) return;
    this.#size += samples.length / this.#channels;
    const tail = this.#blocks.at(-1);
    if (tail && this.#endOf(tail) === position && tail.samples.length - tail.end >= samples.length) {
      tail.samples.set(samples, tail.end);
      tail.end += samples.length;
      return;
    }
    const block = new Int16Array(Math.max(samples.length, BLOCK_LENGTH * this.#channels));
    block.set(samples);
    this.#blocks.push({ samples: block, start: 0, end: samples.length, position });
  }

  /** Removes up to `count` samples from the front. Returns the number removed. */
  shift(count: number): number {
    let left = Math.min(count, this.#size);
    const shifted = left;
    for (let head = this.#blocks[0]; head && left > 0; head = this.#blocks[0]) {
      const length = Math.min(left * this.#channels, head.end - head.start);
      head.start += length;
      head.position += length / this.#channels;
      left -= length / this.#channels;
      if (head.start === head.end) this.#blocks.shift();
    }
    this.#size -= shifted;
    return shifted;
  }

  /** Returns the block at the front without removing it. */
  peek(): PcmChunk | undefined {
    const head = this.#blocks[0];
    return head && { samples: head.samples.subarray(head.start, head.end), position: head.position };
  }

  /** Removes the block at the front and returns it. */
  next(): PcmChunk | undefined {
    const chunk = this.peek();
    if (chunk) this.shift(chunk.samples.length / this.#channels);
    return chunk;
  }

  /** Removes everything. Returns the number of samples removed. */
  clear(): number {
    return this.shift(this.#size);
  }

  #endOf(block: Block): number {
    return block.position + (block.end - block.start) / this.#channels;
  }
}
