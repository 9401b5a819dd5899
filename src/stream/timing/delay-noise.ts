import { msToSamples } from '../../base/pcm.js';

const SAMPLES_PER_MS = msToSamples(1);
/** Longest average read of a reader that takes samples as they come, in samples: 80 ms. */
const AT_ONCE_READ = msToSamples(80);
/** Share of the read beyond {@link AT_ONCE_READ} by which a batched reader measures a delay less exactly. */
const READ_NOISE = 0.1;
/** Packet length up to which packets add no noise to a delay, in samples: 20 ms. */
const SHORT_PACKET = msToSamples(20);
/** Longest packet, in samples: 60 ms. */
const LONGEST_PACKET = msToSamples(60);
/** Reads over which the averages are taken. */
const READS = 8;
/** Packets from which the jitter is computed. */
const JITTERING = 64;
/** Number of following packets that a packet is compared with. */
const FOLLOWING = 8;
/** Lateness from which on a packet was held up, which is no jitter, in samples: 60 ms. */
const HELD_UP = msToSamples(60);
/**
 * Time by which all of a few reads may have been held up, by the number of reads, in samples. It does not depend on the
 * jitter before.
 */
const HELD_UP_OF = [60, 60, 60, 40, 20].map((ms) => msToSamples(ms));
/** Share of cases in which all packets may be later than {@link DelayNoise.leastOf} returns. */
const SELDOM = 0.001;

/** Busy share of this process's time above which timing tells nothing about the stream. */
const OWN_SHARE = 0.5;

/** True when this process was too busy in a stretch of time for the timing to tell anything about the stream. */
export function tooBusy(busyMs: number, ms: number): boolean {
  return busyMs > ms * OWN_SHARE;
}

/**
 * Measurement error of a leg's delay, estimated from the length of a read, the lateness of this process, and the
 * jitter.
 */
export class DelayNoise {
  /** Time of the last read of the leg, and the time that this process had been too busy until then, in ms. */
  lastMs: number | undefined;
  lastBusyMs = 0;
  #read = 0;
  #own = 0;
  /** Greatest common divisor of all reads so far, in samples: the length of a packet, or a multiple of it. */
  #packet = 0;
  /** The newest packets, oldest first. */
  readonly #delays: number[] = [];
  /** Lateness of packets against those that follow them, in samples, in a ring. Losses do not count as jitter in it. */
  readonly #late: number[] = [];
  #next = 0;

  /** Largest error of a delay, in samples. */
  get samples(): number {
    return Math.max(this.#own, this.#beyondAtOnce * READ_NOISE, this.#withinPacket);
  }

  /** Longest time by which the last read may be later than the others, in samples. */
  get lastRead(): number {
    return this.#beyondAtOnce + this.#own;
  }

  /** True when the stream is read only a few times a second. */
  get batched(): boolean {
    return this.#read > AT_ONCE_READ;
  }

  /** Average lateness of packets, in ms. */
  get jitterMs(): number {
    return this.#jitter / SAMPLES_PER_MS;
  }

  /**
   * Time by which the least late of this number of reads may be late though nothing was lost, in samples. For one read
   * it is nearly the whole jitter, for a dozen reads almost nothing.
   */
  leastOf(reads: number): number {
    const sorted = this.#late.toSorted((a, b) => a - b);
    const share = 1 - SELDOM ** (1 / reads);
    const jitter = sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
    return Math.max(jitter, this.batched ? this.#withinPacket : (HELD_UP_OF[reads] ?? 0));
  }

  /**
   * Notes that a read brought `count` samples at `atMs`, `pausedMs` after the read before. Returns the time for which
   * the newest of them may have waited for this read, in samples.
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

  /** Time by which a batched read may come after the newest packet, beyond the length of a short packet, in samples. */
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
