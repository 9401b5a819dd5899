import { msToSamples } from '../../base/pcm.js';

const SAMPLES_PER_MS = msToSamples(1);
/** Length below which a read shows that the reader takes samples as they come, in samples: 80 ms. */
const AT_ONCE_READ = msToSamples(80);
/** A batched reader sees a delay less exactly: by this share of what it reads beyond that. */
const READ_NOISE = 0.1;
/** Packets up to this length, in samples, are no longer than what a delay is told by in any case: 20 ms. */
const SHORT_PACKET = msToSamples(20);
/** Packets are no longer than this, in samples: 60 ms. */
const LONGEST_PACKET = msToSamples(60);
/** Reads that this is judged by. */
const READS = 8;
/** Packets that the jitter is judged by. */
const JITTERING = 64;
/** Packets that one is compared with. */
const FOLLOWING = 8;
/** A packet that is later than this, in samples, was held up: that is no jitter. 60 ms. */
const HELD_UP = msToSamples(60);
/** By how much the least late of so few reads may have been held up, whatever the jitter was before, in samples. */
const HELD_UP_OF = [60, 60, 60, 40, 20].map((ms) => msToSamples(ms));
/** Share of cases in which packets may all be later than {@link DelayNoise.leastOf} says. */
const SELDOM = 0.001;

/** Busy share of the time of this process beyond which timing tells nothing of the stream. */
const OWN_SHARE = 0.5;

/** True when this process was too busy in a stretch of time for what it saw to tell anything of the stream. */
export function tooBusy(busyMs: number, ms: number): boolean {
  return busyMs > ms * OWN_SHARE;
}

/** Precision of a leg's delay, from the audio of one read, the lateness of this process, and the jitter. */
export class DelayNoise {
  /** Time of the last read of the leg, and the time that this process had been too busy until then, in ms. */
  lastMs: number | undefined;
  lastBusyMs = 0;
  #read = 0;
  #own = 0;
  /** Samples that all reads so far were multiples of: the length of a packet, unless that is shorter. */
  #packet = 0;
  /** The newest packets, oldest first. */
  readonly #delays: number[] = [];
  /** By how much packets came later than those behind them, in samples, in a ring: what was lost is no jitter. */
  readonly #late: number[] = [];
  #next = 0;

  /** Most that a delay may be off, in samples. */
  get samples(): number {
    return Math.max(this.#own, this.#beyondAtOnce * READ_NOISE, this.#withinPacket);
  }

  /** Most that the last read may be later than the others, in samples. */
  get lastRead(): number {
    return this.#beyondAtOnce + this.#own;
  }

  /** True when the stream is read a few times a second only. */
  get batched(): boolean {
    return this.#read > AT_ONCE_READ;
  }

  /** Average lateness of packets, in ms. */
  get jitterMs(): number {
    return this.#jitter / SAMPLES_PER_MS;
  }

  /**
   * By how much the least late of so many reads may be late though nothing was lost, in samples: one read by nearly all
   * that jitter comes to, a dozen by hardly anything.
   */
  leastOf(reads: number): number {
    const sorted = this.#late.toSorted((a, b) => a - b);
    const share = 1 - SELDOM ** (1 / reads);
    const jitter = sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
    return Math.max(jitter, this.batched ? this.#withinPacket : (HELD_UP_OF[reads] ?? 0));
  }

  /**
   * Notes that a read brought `count` samples at `atMs`, which is `pausedMs` after the one before. Returns how long the
   * newest of them may have waited for this reader to look, in samples.
   */
  noteRead(atMs: number, pausedMs: number, busyMs: number, count: number): number {
    const own = Math.min(pausedMs, busyMs - this.lastBusyMs) * SAMPLES_PER_MS;
    const looks = own + (this.batched ? this.#read : 0);
    const unseen = Math.max(0, Math.min(pausedMs * SAMPLES_PER_MS, looks) - count);
    this.lastMs = atMs;
    this.lastBusyMs = busyMs;
    this.#packet = greatestDivisor(this.#packet, count);
    this.#read += (count - this.#read) / READS;
    this.#own += (own - this.#own) / READS;
    return unseen;
  }

  /** Notes the delay of a packet, in samples. */
  noteDelay(samples: number): void {
    this.#delays.push(samples);
    if (this.#delays.length <= FOLLOWING) return;
    const first = this.#delays.shift() ?? 0;
    const late = first - this.#delays.reduce((least, delay) => Math.min(least, delay));
    if (late > HELD_UP) return;
    this.#late[this.#next] = Math.max(0, late);
    this.#next = (this.#next + 1) % JITTERING;
  }

  /** By how much a batched read may come after the newest packet, beyond the length of a short one, in samples. */
  get #withinPacket(): number {
    if (!this.batched) return 0;
    return Math.max(0, Math.min(this.#packet, LONGEST_PACKET) + this.#jitter - SHORT_PACKET);
  }

  /** Average lateness of packets, in samples. */
  get #jitter(): number {
    const sum = this.#late.reduce((all, late) => all + late, 0);
    return sum / Math.max(1, this.#late.length);
  }

  get #beyondAtOnce(): number {
    return Math.max(0, this.#read - AT_ONCE_READ);
  }
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}
