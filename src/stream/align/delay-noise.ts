import { msToSamples } from '../../base/pcm.js';

const SAMPLES_PER_MS = msToSamples(1);
/** Less than this that a read brings, in samples, and the reader takes what comes at once: 80 ms. */
const AT_ONCE_READ = msToSamples(80);
/** A batched reader sees a delay less exactly: by this share of what it reads beyond that. */
const READ_NOISE = 0.1;
/** Reads that this is judged by. */
const READS = 8;
/** Packets that the jitter is judged by. */
const JITTERING = 64;

/** How exactly the delay of a leg can be told: by what one read brings, how late this process reads, and the jitter. */
export class DelayNoise {
  /** When the leg was read last, and how long this process had been too busy until then, in ms. */
  lastMs: number | undefined;
  lastBusyMs = 0;
  #read = 0;
  #own = 0;
  #jitter = 0;

  /** How much a delay may be off, in samples. */
  get samples(): number {
    return Math.max(this.#own, this.#beyondAtOnce * READ_NOISE);
  }

  /** How much later than the others the last read may be, in samples. */
  get lastRead(): number {
    return this.#beyondAtOnce + this.#own;
  }

  /** Whether the reader looks at the stream now and then only. */
  get batched(): boolean {
    return this.#read > AT_ONCE_READ;
  }

  /** How much later than usual packets come, in ms, on average. */
  get jitterMs(): number {
    return this.#jitter / SAMPLES_PER_MS;
  }

  /** Notes that a read brought `count` samples at `atMs`, which is `pausedMs` after the one before. */
  noteRead(atMs: number, pausedMs: number, busyMs: number, count: number): void {
    const own = Math.min(pausedMs, busyMs - this.lastBusyMs) * SAMPLES_PER_MS;
    this.lastMs = atMs;
    this.lastBusyMs = busyMs;
    this.#read += (count - this.#read) / READS;
    this.#own += (own - this.#own) / READS;
  }

  /** Notes by how much a packet came later than usual, in samples. */
  noteLate(samples: number): void {
    this.#jitter += (Math.max(0, samples) - this.#jitter) / JITTERING;
  }

  get #beyondAtOnce(): number {
    return Math.max(0, this.#read - AT_ONCE_READ);
  }
}
