import type { PcmChunk, SinkPolicy } from '../sink.js';
import { Backlog } from './backlog.js';
import type { BufferBudget } from './buffer-budget.js';
import type { ResolvedSinkOptions } from './sink-options.js';
import { type PressureOwner, SinkPressure } from './sink-pressure.js';

/** Samples of a stream that were offered to one sink, and what became of them. Counts are per channel. */
export interface SinkCounts {
  offered: number;
  delivered: number;
  dropped: number;
  spilled: number;
}

/** Samples that the policy cannot take, since the spill file cannot be used. */
export interface Untaken {
  readonly cause: unknown;
  readonly count: number;
}

/** Takes in what is offered to one sink under its policy, and keeps it until the sink takes it. */
export class SinkIntake {
  readonly #options: ResolvedSinkOptions;
  readonly #channels: number;
  readonly #counts: SinkCounts;
  readonly #owner: PressureOwner;
  readonly #backlog: Backlog;
  readonly #pressure: SinkPressure;

  /** @param counts Gets what the sink loses and what goes through its file. */
  constructor(
    options: ResolvedSinkOptions,
    channels: number,
    budget: BufferBudget,
    counts: SinkCounts,
    owner: PressureOwner,
  ) {
    this.#options = options;
    this.#channels = channels;
    this.#counts = counts;
    this.#owner = owner;
    this.#backlog = new Backlog(options, channels, budget);
    this.#pressure = new SinkPressure(this.#backlog, options, owner);
  }

  /** Samples that wait, including those that the sink is taking now. */
  get size(): number {
    return this.#backlog.size;
  }

  /** Samples that fit before the stream has to wait; Infinity unless the policy is `wait`. */
  get room(): number {
    return this.#pressure.room;
  }

  /** Error for which the spill file cannot be used, if there is one. */
  get fileError(): unknown {
    return this.#backlog.fileError;
  }

  get #policy(): SinkPolicy {
    return this.#options.policy;
  }

  /** True when nothing waits and the policy drops nothing. The next read, of any length, is then only passed on. */
  get #keepsUp(): boolean {
    return (this.#policy === 'wait' || this.#policy === 'spill') && this.#backlog.size === 0;
  }

  /** Takes samples to the end of those that wait. Returns those that it can neither take nor count as dropped. */
  take(samples: Int16Array, position: number, count: number): Untaken | undefined {
    const room = this.#backlog.memoryRoom;
    if (count <= room || (room > 0 && this.#keepsUp)) {
      this.#backlog.push(samples, position);
      this.#pressure.risen();
      return undefined;
    }
    switch (this.#policy) {
      case 'wait':
        this.#keep(samples, position, count);
        return undefined;
      case 'spill': {
        const untaken = count - this.#spill(samples, position);
        if (this.fileError !== undefined) return { cause: this.fileError, count: untaken };
        this.#drop(untaken);
        return undefined;
      }
      case 'drop-newest':
        this.#backlog.push(samples.subarray(0, room * this.#channels), position);
        this.#drop(count - room);
        return undefined;
      case 'drop-oldest': {
        const tooMany = count - room - this.#backlog.dropOldest(count - room);
        this.#backlog.push(samples.subarray(tooMany * this.#channels), position + tooMany);
        this.#drop(count - room);
        return undefined;
      }
      case 'close':
        this.#drop(count);
        return undefined;
      default:
        return this.#policy satisfies never;
    }
  }

  /** Removes and returns the run at the front, which waits until {@link settle}. @throws ERR_FILE. */
  next(): PcmChunk | undefined {
    return this.#backlog.next();
  }

  /** Counts the run that the sink has taken as delivered. */
  settle(): void {
    this.#counts.delivered += this.#backlog.settle();
    this.#pressure.fallen();
  }

  /** Decides anew whether the stream has to wait. To be called when `shared` of the owner has changed. */
  reconsider(): void {
    this.#pressure.risen();
  }

  /** Drops what waits. The stream need not wait for the sink any more. */
  clear(): void {
    this.#counts.dropped += this.#backlog.clear();
    this.#pressure.release();
  }

  /**
   * Keeps all samples. They go to the spill file when others listen to the stream. Otherwise they go to memory, and the
   * peer has to wait.
   */
  #keep(samples: Int16Array, position: number, count: number): void {
    const spilled = this.#owner.shared ? this.#spill(samples, position) : 0;
    if (spilled < count) this.#backlog.push(samples.subarray(spilled * this.#channels), position + spilled);
    this.#pressure.risen();
  }

  /** Writes samples to the spill file. Returns the number that it took. */
  #spill(samples: Int16Array, position: number): number {
    const spilled = this.#backlog.spill(samples, position);
    this.#counts.spilled += spilled;
    if (spilled > 0) this.#pressure.overflow();
    return spilled;
  }

  #drop(count: number): void {
    if (count === 0) return;
    this.#counts.dropped += count;
    this.#pressure.overflow();
  }
}
