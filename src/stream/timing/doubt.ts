import { msToSamples } from '../../base/pcm.js';
import { DOUBT, type LossAccount } from '../align/loss-account.js';
import { gains, readsOf, type TimedChunk } from '../align/timed-chunk.js';
import { type DelayNoise, tooBusy } from './delay-noise.js';

/** Time for which a stream that flows again is watched, in ms, and the addition for each ms of its usual jitter. */
const WATCH_MS = 150;
const WATCH_JITTER = 10;
/** Longest watch in ms, for a stream with jitter or one that does not keep pace. */
const LONGEST_WATCH_MS = 300;
/** Least number of reads that show a delay. A batched reader makes fewer reads, with more samples in each. */
const FEWEST_READS = { atOnce: 5, batched: 4 } as const;
/**
 * Longest wait of samples for enough reads, or while their delay still falls, in ms. The first limit counts only time
 * in which this process could read; the second counts all time. The next look is after {@link LOOK_AGAIN_MS}.
 */
const LAST_WATCH_MS = 1000;
const LAST_BUSY_MS = 3000;
const LOOK_AGAIN_MS = 50;
/** Share of real time below which a stream does not yet keep pace. */
const PACE = 0.7;
/**
 * Lateness at the end of a stream up to which samples count as delayed, not as lost, in samples: 100 ms. No later
 * samples can decide it there.
 */
const SURE = msToSamples(100);
const SAMPLES_PER_MS = msToSamples(1);

/** Placement of chunks: `hole` samples of silence, then the next `chunks` chunks. */
export interface Placement {
  /** Samples of silence. When negative, what follows belongs that much earlier. */
  readonly hole: number;
  readonly chunks: number;
}

/** Outcome of a look at the waiting chunks. */
export interface Decision {
  readonly placements: readonly Placement[];
  /** The chunks just placed, when the stream is still late and catches up. Absent when it does not. */
  readonly catchesUp?: readonly TimedChunk[];
}

/**
 * Chunks of a leg that came so late that something may be lost before them. They wait until the following chunks show
 * it.
 */
export class Doubt {
  readonly #losses: LossAccount;
  readonly #noise: DelayNoise;
  /** Time of arrival of the last sample before the waiting ones. */
  readonly #pausedSinceMs: number;
  #waiting: TimedChunk[] = [];
  /** True when silence has already taken the place of the waiting chunks. */
  #passedOver = false;
  /** Time of the next look at the waiting chunks. */
  #lookMs = 0;

  constructor(losses: LossAccount, noise: DelayNoise, pausedSinceMs: number) {
    this.#losses = losses;
    this.#noise = noise;
    this.#pausedSinceMs = pausedSinceMs;
  }

  /** Number of chunks that wait. */
  get size(): number {
    return this.#waiting.length;
  }

  /** Latest time at which the oldest waiting chunk is placed. */
  get decisionMs(): number | undefined {
    const [first] = this.#waiting;
    return first && Math.max(first.atMs + this.#longestWatchMs, this.#lookMs);
  }

  /**
   * @param passedOver True when silence has already taken the chunk's place, so that it is too late to place it as a
   * delay.
   */
  push(chunk: TimedChunk, passedOver: boolean): void {
    this.#waiting.push(chunk);
    this.#passedOver = passedOver;
  }

  /**
   * Decides on chunks that have waited long enough. @param busyMs Total time for which this process was too busy, in
   * ms.
   */
  decide(nowMs: number, busyMs: number): Decision {
    const placements = this.#placeOnTime();
    const [first] = this.#waiting;
    if (!first) return { placements };
    const watchedMs = nowMs - first.atMs;
    const watchMs = Math.min(LONGEST_WATCH_MS, WATCH_MS + this.#noise.jitterMs * WATCH_JITTER);
    const seenMs = watchedMs - (busyMs - first.busyMs);
    const catchesUp = gains(this.#waiting, nowMs);
    const few = readsOf(this.#waiting) < FEWEST_READS[this.#noise.batched ? 'batched' : 'atOnce'];
    const undecided = seenMs < LAST_WATCH_MS && (catchesUp || few || seenMs < watchMs);
    if (undecided && watchedMs < LAST_BUSY_MS) {
      this.#lookMs = nowMs + LOOK_AGAIN_MS;
      return { placements };
    }
    if (catchesUp || undecided) {
      const chunks = [...this.#waiting];
      return { placements: [...placements, ...this.#placeAll()], catchesUp: chunks };
    }
    const came = this.#waiting.reduce((sum, { count }) => sum + count, -first.count);
    const keepsPace = came >= watchedMs * SAMPLES_PER_MS * PACE;
    if (!keepsPace && !watchedFor(first, this.#longestWatchMs, nowMs)) return { placements };
    return { placements: [...placements, ...this.#place(nowMs, watchMs), ...this.#placeOnTime()] };
  }

  /** Decides on all waiting chunks. To be called when nothing more will come. */
  settle(nowMs: number): readonly Placement[] {
    const [first] = this.#waiting;
    if (!first) return [];
    const paused = (first.atMs - this.#pausedSinceMs) * SAMPLES_PER_MS;
    const late = Math.max(...this.#waiting.map((chunk) => this.#losses.late(chunk)));
    // The last visit of a batched reader brings fewer samples than the others.
    const sure = late > SURE + this.#noise.lastRead && paused > late / 4;
    return sure && !gains(this.#waiting, nowMs) ? this.#place(nowMs, 0) : this.#placeAll();
  }

  /**
   * Longest watch before the waiting chunks are judged, in ms. It is longer when silence has already taken their place.
   */
  get #longestWatchMs(): number {
    return this.#passedOver ? LAST_WATCH_MS : LONGEST_WATCH_MS;
  }

  /** Places the chunks that are followed by one on time: nothing was lost before them. */
  #placeOnTime(): Placement[] {
    const chunks = 1 + this.#waiting.findLastIndex((chunk) => this.#losses.late(chunk) <= DOUBT);
    if (chunks === 0) return [];
    const placed = this.#waiting.splice(0, chunks);
    // All silence that is found goes before the last of these chunks.
    const hole = placed.reduce((sum, chunk) => sum + this.#losses.note(chunk), 0);
    return [
      { hole: 0, chunks: chunks - 1 },
      { hole, chunks: 1 },
    ];
  }

  /**
   * Places the chunks that have been watched for `watchMs`, each after the silence for what was lost before it. A chunk
   * that may have come in time, but waited for this reader, is placed as on time when more was lost after it. One stall
   * is then not counted as two.
   */
  #place(nowMs: number, watchMs: number): Placement[] {
    const placements: Placement[] = [];
    const losses = this.#losses;
    const least = losses.tolerance;
    let tolerance = least;
    for (let chunk = this.#waiting[0]; chunk && watchedFor(chunk, watchMs, nowMs); chunk = this.#waiting[0]) {
      const lost = losses.lostBefore(this.#waiting);
      this.#waiting.shift();
      const later = losses.leastLate(this.#waiting);
      // No chunk follows this one: its samples may have waited for the reader.
      const sure = later === Infinity ? Math.min(lost.least, losses.late(chunk) - chunk.unseen) : lost.least;
      const inTime = losses.late(chunk) - chunk.unseen <= DOUBT && lost.most + DOUBT < later;
      const hole =
        lost.most > tolerance && !inTime ? losses.open(Math.max(0, sure), chunk.atMs, lost.most) : 0;
      placements.push({ hole, chunks: 1 });
      tolerance = Math.max(least, DOUBT);
    }
    return placements;
  }

  #placeAll(): Placement[] {
    return [{ hole: 0, chunks: this.#waiting.splice(0).length }];
  }
}

/**
 * True when a chunk has been watched for `ms`. It compares a sum, as the timer does. A difference of the same times may
 * be rounded to less, and the timer would then fire at the present moment again and again.
 */
function watchedFor(chunk: TimedChunk, ms: number, nowMs: number): boolean {
  return nowMs >= chunk.atMs + ms;
}

/** Newest chunks of a stream that was placed as delayed and is watched until it has caught up. */
export class CatchUp {
  readonly #losses: LossAccount;
  readonly #newest: TimedChunk[];

  constructor(losses: LossAccount, chunks: readonly TimedChunk[]) {
    this.#losses = losses;
    this.#newest = [...chunks];
  }

  /**
   * Takes the next chunk. Returns undefined while the stream still catches up. When the watch is over, returns the
   * silence to insert before the chunk: the stream is on time again, or it has stopped catching up and the remaining
   * delay was lost.
   */
  follow(chunk: TimedChunk): number | undefined {
    const chunks = this.#newest;
    chunks.push(chunk);
    while (chunk.atMs - (chunks[0]?.atMs ?? chunk.atMs) > LONGEST_WATCH_MS) chunks.shift();
    const [first = chunk] = chunks;
    const watchedMs = chunk.atMs - first.atMs;
    if (this.#losses.late(chunk) <= DOUBT || tooBusy(chunk.busyMs - first.busyMs, watchedMs)) {
      return this.#losses.note(chunk);
    }
    if (watchedMs < WATCH_MS || gains(chunks, chunk.atMs)) return undefined;
    const { least, most } = this.#losses.lostBefore(chunks);
    return this.#losses.open(Math.max(0, least), chunk.atMs, most);
  }
}
