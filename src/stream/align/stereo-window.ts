import { msToSamples } from '../../base/pcm.js';
import type { PcmChunk } from '../sink.js';

/** Stereo samples per block: 500 ms. One visit of a batched reader then seldom fills more than one block. */
const BLOCK = msToSamples(500);
/** Empty blocks that are kept for reuse. */
const SPARE_BLOCKS = 4;
const SILENCE = new Int16Array(BLOCK * 2);

/** The part of a recording that may still change. It is stereo, and silent until a leg fills its channel. */
export class StereoWindow {
  /** Blocks by their number on the time line. A missing block is silent. */
  readonly #blocks = new Map<number, Int16Array>();
  readonly #spare: Int16Array[] = [];

  /** Puts samples of one channel at `position`, which must not lie before the released part. */
  put(channel: 0 | 1, position: number, samples: Int16Array): void {
    for (let done = 0; done < samples.length; ) {
      const at = position + done;
      const offset = at % BLOCK;
      const count = Math.min(samples.length - done, BLOCK - offset);
      const block = this.#blockAt(Math.floor(at / BLOCK));
      for (let i = 0, target = offset * 2 + channel; i < count; i++, target += 2) {
        block[target] = samples[done + i] ?? 0;
      }
      done += count;
    }
  }

  /** Yields the samples in [from, to), piece by piece. The arrays belong to the window: only read them. */
  *pieces(from: number, to: number): Generator<PcmChunk, void, undefined> {
    for (let at = from; at < to; ) {
      const offset = at % BLOCK;
      const count = Math.min(to - at, BLOCK - offset);
      const block = this.#blocks.get(Math.floor(at / BLOCK)) ?? SILENCE;
      yield { samples: block.subarray(offset * 2, (offset + count) * 2), position: at };
      at += count;
    }
  }

  /** Releases whole blocks before `position`. */
  release(position: number): void {
    const keep = Math.floor(position / BLOCK);
    for (const [index, block] of this.#blocks) {
      if (index >= keep) continue;
      this.#blocks.delete(index);
      if (this.#spare.length < SPARE_BLOCKS) this.#spare.push(block.fill(0));
    }
  }

  #blockAt(index: number): Int16Array {
    let block = this.#blocks.get(index);
    if (!block) {
      block = this.#spare.pop() ?? new Int16Array(BLOCK * 2);
      this.#blocks.set(index, block);
    }
    return block;
  }
}
