import { msToSamples } from '../../base/pcm.js';
import { DOUBT, type LossAccount } from '../align/loss-account.js';
import { gains, readsOf, type TimedChunk } from '../align/timed-chunk.js';
import { type DelayNoise, tooBusy } from './delay-noise.js';

/** Time for which a stream that moves again is watched, in ms, and the addition for each ms of its usual jitter. */
const WATCH_MS = 150;
const WATCH_JITTER = 10;
/** Longest watch because of jitter, and of a stream that does not keep pace. */
const LONGEST_WATCH_MS = 300;
/** Number of reads by which a delay is judged. A batched reader makes few, and sees much in each. */
const FEWEST_READS = { atOnce: 5, batched: 4 } as const;
/**
 * Longest wait of samples for that, or while their delay still falls: in time in which this process could read, and
 * of time. It is looked again each {@link LOOK_AGAIN_MS}.
 */
const LAST_WATCH_MS = 1000;
const LAST_BUSY_MS = 3000;
const LOOK_AGAIN_MS = 50;
/** Share of real time below which a stream does not keep pace yet. */
const PACE = 0.7;
/**
 * Lateness below which the samples at the end are taken for delayed and not for lost, in samples: 100 ms. Nothing more
 * is watched there.
 */
const SURE = msToSamples(100);
const SAMPLES_PER_MS = msToSamples(1);

/** Places chunks that came: `hole` samples of silence first, then the next `chunks` of them. */
export interface Placement {
  /** Negative: what follows belongs that much earlier than was thought. */
  readonly hole: number;
  readonly chunks: number;
}

/** Outcome of a look at the chunks that wait. */
export interface Decision {
  readonly placements: readonly Placement[];
  /** The chunks just placed, where the stream is still late and catches up; nothing where it does not. */
  readonly catchesUp?: readonly TimedChunk[];
}

/** Chunks of a leg that came so late that something may be lost before them: they wait until the next ones tell. */
export class Doubt {
  readonly #losses: LossAccount;
  readonly #noise: DelayNoise;
  /** Time at which the sample before those that wait came. */
  readonly #pausedSinceMs: number;
  #waiting: TimedChunk[] = [];
  /** True when silence has taken their place already. */
  #passedOver = false;
  /** Time of the next look whether they can be judged. */
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

  /** Latest time at which the oldest of them is placed. */
  get decisionMs(): number | undefined {
    const [first] = this.#waiting;
    return first && Math.max(first.atMs + this.#longestWatchMs, this.#lookMs);
  }

  /** @param passedOver True when silence has taken its place, so that a delay would come too late for it. */
  push(chunk: TimedChunk, passedOver: boolean): void {
    this.#waiting.push(chunk);
    this.#passedOver = passedOver;
  }

  /** Decides on what has waited for long enough. @param busyMs Time that this process has been too busy, in ms, in all. */
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

  /** Decides on all that waits: nothing more will come. */
  settle(nowMs: number): readonly Placement[] {
    const [first] = this.#waiting;
    if (!first) return [];
    const paused = (first.atMs - this.#pausedSinceMs) * SAMPLES_PER_MS;
    const late = Math.max(...this.#waiting.map((chunk) => this.#losses.late(chunk)));
    // The last visit of a batched reader brings less than the others.
    const sure = late > SURE + this.#noise.lastRead && paused > late / 4;
    return sure && !gains(this.#waiting, nowMs) ? this.#place(nowMs, 0) : this.#placeAll();
  }

  /** Longest watch before a delay is taken for one: silence that is not put in is watched for longer. */
  get #longestWatchMs(): number {
    return this.#passedOver ? LAST_WATCH_MS : LONGEST_WATCH_MS;
  }

  /** Places those before which nothing was lost: later ones are on time. */
  #placeOnTime(): Placement[] {
    const chunks = 1 + this.#waiting.findLastIndex((chunk) => this.#losses.late(chunk) <= DOUBT);
    if (chunks === 0) return [];
    const placed = this.#waiting.splice(0, chunks);
    // A read of long ago, between others, tells of the pause before it only.
    const hole = placed.reduce((sum, chunk) => sum + this.#losses.note(chunk), 0);
    return [
      { hole: 0, chunks: chunks - 1 },
      { hole, chunks: 1 },
    ];
  }

  /**
   * Places all that has been watched for `watchMs`, each behind what was lost before it. What may have come in time,
   * before this reader looked, is placed so where more was lost after it: a stall is one and not two.
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
      // Nothing follows this read: samples that came with it may have waited for the reader.
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
 * True when a chunk has been watched for `ms`. A sum, like the time that a timer is set to: a difference of the same
 * times may be rounded to less, and the timer would be set to the present moment again and again.
 */
function watchedFor(chunk: TimedChunk, ms: number, nowMs: number): boolean {
  return nowMs >= chunk.atMs + ms;
}

/** The newest chunks of a stream that was placed as a delay, and is watched until it has caught up. */
export class CatchUp {
  readonly #losses: LossAccount;
  readonly #newest: TimedChunk[];

  constructor(losses: LossAccount, chunks: readonly TimedChunk[]) {
    this.#losses = losses;
    this.#newest = [...chunks];
  }

  /**
   * Takes the next chunk. Returns the silence that has to be put in before it once the watch is over: the stream is on
   * time again, or it catches up no longer and what is left was lost. Nothing while it still catches up.
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
