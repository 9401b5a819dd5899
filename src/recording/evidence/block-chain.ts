import { createHash } from 'node:crypto';
import { msToSamples } from '../../base/pcm.js';

/** Stereo samples that one hash covers: two seconds. */
export const BLOCK_SAMPLES = msToSamples(2000);

/**
 * Hashes the samples of a recording block by block as they arrive. A block's hash is SHA-256 over its samples,
 * interleaved s16le; the last block may be shorter.
 */
export class BlockHasher {
  readonly #blocks: string[] = [];
  readonly #blockSamples: number;
  readonly #onBlock: (index: number, hash: string) => void;
  #hash = createHash('sha256');
  #filled = 0;

  /** @param options.blockSamples Default {@link BLOCK_SAMPLES}. */
  constructor(options: { readonly blockSamples?: number; onBlock?(index: number, hash: string): void } = {}) {
    this.#blockSamples = options.blockSamples ?? BLOCK_SAMPLES;
    this.#onBlock = options.onBlock ?? (() => undefined);
  }

  get sampleCount(): number {
    return this.#blocks.length * this.#blockSamples + this.#filled;
  }

  /** @param stereo The next interleaved samples. */
  push(stereo: Int16Array): void {
    for (let at = 0; at < stereo.length; ) {
      const part = stereo.subarray(at, at + (this.#blockSamples - this.#filled) * 2);
      this.#hash.update(new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
      this.#filled += part.length / 2;
      at += part.length;
      if (this.#filled === this.#blockSamples) this.#close();
    }
  }

  /** Ends the last block and returns the hashes of all blocks. */
  end(): readonly string[] {
    if (this.#filled > 0) this.#close();
    return this.#blocks;
  }

  #close(): void {
    const hash = this.#hash.digest('hex');
    this.#onBlock(this.#blocks.length, hash);
    this.#blocks.push(hash);
    this.#hash = createHash('sha256');
    this.#filled = 0;
  }
}

/**
 * Folds the hashes of blocks into one: each link is SHA-256 over the link before it (64 hex digits), the block's number
 * and its hash, so that changing, removing or moving a block is detected.
 */
export function chainOf(id: string, blocks: readonly string[]): string {
  let link = createHash('sha256').update(`jackfield.chain/1\n${id}\n`).digest('hex');
  for (const [index, hash] of blocks.entries()) {
    link = createHash('sha256').update(`${link}\n${index}\n${hash}\n`).digest('hex');
  }
  return link;
}
