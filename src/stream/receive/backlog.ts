import { BYTES_PER_SAMPLE } from '../../base/pcm.js';
import type { PcmChunk } from '../sink.js';
import type { BufferBudget } from './buffer-budget.js';
import { SampleQueue } from './sample-queue.js';
import type { ResolvedSinkOptions } from './sink-options.js';
import { SpillFile } from './spill-file.js';

/**
 * Samples that wait for one sink, in order. The first are in memory and the next in the spill file. The last are in
 * memory again: samples that had already been read when both were full. Counts are per channel.
 */
export class Backlog {
  readonly #options: ResolvedSinkOptions;
  readonly #channels: number;
  readonly #budget: BufferBudget;
  readonly #queue: SampleQueue;
  readonly #excess: SampleQueue;
  #file: SpillFile | undefined;
  #fileError: unknown;
  #inFlight = 0;
  #budgeted = 0;

  constructor(options: ResolvedSinkOptions, channels: number, budget: BufferBudget) {
    this.#options = options;
    this.#channels = channels;
    this.#budget = budget;
    this.#queue = new SampleQueue(channels);
    this.#excess = new SampleQueue(channels);
  }

  /** Samples that wait, including those that the sink is taking now. */
  get size(): number {
    return this.#inMemory + this.spilled;
  }

  /** Samples that wait in the file. */
  get spilled(): number {
    return this.#file?.size ?? 0;
  }

  /** Samples that can be {@link push}ed within the limit; 0 while samples wait in the file or behind it. */
  get memoryRoom(): number {
    if (this.#spilling) return 0;
    const budget = Math.floor(this.#budget.left / (this.#channels * BYTES_PER_SAMPLE));
    return Math.max(0, Math.min(this.#options.limit - this.#inMemory, budget));
  }

  /** Samples for which {@link spill} has room. */
  get fileRoom(): number {
    if (this.#fileError !== undefined || this.#excess.size > 0) return 0;
    return this.#options.spillLimit - this.spilled;
  }

  /** Error for which the file cannot be used, if there is one. It is forgotten when nothing waits any more. */
  get fileError(): unknown {
    return this.#fileError;
  }

  /** Adds samples to the end, in memory, without regard to the limit. */
  push(samples: Int16Array, position: number): void {
    const queue = this.#spilling ? this.#excess : this.#queue;
    queue.push(samples, position);
    this.#account();
  }

  /** Adds samples to the end, in the file. Returns the number that fitted; 0 when the file cannot be written. */
  spill(samples: Int16Array, position: number): number {
    return this.fileRoom > 0 ? this.#write(samples, position) : 0;
  }

  /** Removes up to `count` samples from the front of those in memory. Returns the number removed. */
  dropOldest(count: number): number {
    const dropped = this.#queue.shift(count);
    this.#account();
    return dropped;
  }

  /**
   * Removes and returns the run at the front. It counts as waiting until {@link settle}. Samples in the file move back
   * to memory when that is half empty. @throws ERR_FILE when they cannot be read.
   */
  next(): PcmChunk | undefined {
    this.#refill();
    const chunk = this.#queue.next();
    this.#inFlight = chunk ? chunk.samples.length / this.#channels : 0;
    return chunk;
  }

  /** Notes that the sink has taken its run. Returns the number of its samples. */
  settle(): number {
    const settled = this.#inFlight;
    this.#inFlight = 0;
    if (this.size === 0) this.#fileError = undefined;
    this.#account();
    return settled;
  }

  /** Removes everything, including the run that the sink is taking. Returns the number of samples removed. */
  clear(): number {
    const removed = this.size;
    this.#queue.clear();
    this.#excess.clear();
    this.#inFlight = 0;
    this.#file?.close();
    this.#file = undefined;
    this.#account();
    return removed;
  }

  /** True when samples wait in the file or behind it. */
  get #spilling(): boolean {
    return this.spilled > 0 || this.#excess.size > 0;
  }

  get #inMemory(): number {
    return this.#queue.size + this.#excess.size + this.#inFlight;
  }

  #write(samples: Int16Array, position: number): number {
    const { spillDirectory: directory, spillLimit: capacity } = this.#options;
    try {
      this.#file ??= new SpillFile({ directory, channels: this.#channels, capacity });
      return this.#file.push(samples, position);
    } catch (error) {
      this.#fileError = error;
      return 0;
    }
  }

  /** Moves samples forward: from the file to the queue, and from the excess to where there is room now. */
  #refill(): void {
    const half = this.#options.limit / 2;
    while (this.#file && this.spilled > 0 && this.#queue.size < half) {
      const chunk = this.#file.shift(Math.ceil(half));
      if (chunk) this.#queue.push(chunk.samples, chunk.position);
    }
    for (let next = this.#excess.peek(); next; next = this.#excess.peek()) {
      const moved = this.spilled > 0 ? this.#respill(next) : this.#requeue(next);
      if (moved === 0) return;
      this.#excess.shift(moved);
    }
  }

  #respill({ samples, position }: PcmChunk): number {
    const full = this.#fileError !== undefined || this.spilled === this.#options.spillLimit;
    return full ? 0 : this.#write(samples, position);
  }

  #requeue({ samples, position }: PcmChunk): number {
    if (this.#queue.size >= this.#options.limit / 2) return 0;
    this.#queue.push(samples, position);
    return samples.length / this.#channels;
  }

  #account(): void {
    const bytes = this.#inMemory * this.#channels * BYTES_PER_SAMPLE;
    if (bytes === this.#budgeted) return;
    const change = bytes - this.#budgeted;
    this.#budgeted = bytes;
    this.#budget.add(change);
  }
}
