import { msToSamples } from '../../base/pcm.js';
import type { CallTimeLine } from './call-time-line.js';
import { DelayNoise } from './delay-noise.js';
import { LeastDelay } from './least-delay.js';
import { OwedLoss } from './owed-loss.js';
import { gains, readsOf, type TimedChunk } from './timed-chunk.js';

/** A stream that is later than this beyond its usual delay, in samples, is in doubt: 60 ms. */
const DOUBT = msToSamples(60);
/** The same for what a batched reader brings: 100 ms. */
const DOUBT_BATCHED = msToSamples(100);
/** For how long a stream that moves again is watched, in ms, and how much longer for each ms of its usual jitter. */
const WATCH_MS = 150;
const WATCH_JITTER = 10;
/** The longest that is watched for jitter, and for a stream that does not keep pace. */
const LONGEST_WATCH_MS = 300;
/** A delay is judged by so many reads. A batched reader makes few, in which it sees much. */
const FEWEST_READS = { atOnce: 5, batched: 4 } as const;
/**
 * The longest that samples wait for that, or while their delay still falls: of time in which this process could read, and
 * of time. It is looked again each {@link LOOK_AGAIN_MS}.
 */
const LAST_WATCH_MS = 1000;
const LAST_BUSY_MS = 3000;
const LOOK_AGAIN_MS = 50;
/** Less than this share of what the time holds, and a stream does not keep pace yet. */
const PACE = 0.7;
/**
 * Lost samples of less than {@link DOUBT} show in the least delay: of half a second where there are many, of some seconds
 * where there are few. All of it is seen early enough for a second of steady flow to be in place.
 */
const SCALES = [
  { bucketMs: 120, count: 4, tolerance: msToSamples(15) },
  { bucketMs: 1000, count: 4, tolerance: msToSamples(7) },
] as const;
/** After a hole, the stream shows for this long how much was lost at most, in ms. */
const SETTLING_MS = 1000;
/** Clocks differ by less than this: 500 ppm, in samples a second. */
const MAX_DRIFT = 8;
/** Silence that was put in, and turned out to be a delay after all, is made up for from this on: a second. */
const SURPLUS = msToSamples(1000);
/** At the end nothing more is watched: what is less late than this, in samples, is taken for a delay: 100 ms. */
const SURE = msToSamples(100);
/** A leg whose first samples come no later than this after the other's began with it: 25 ms. */
const TOGETHER = msToSamples(25);
/** A stream that is this far ahead of the clock is not live: its timing says nothing. */
const AHEAD = msToSamples(1000);
/** The usual delay is told for each of these, in ms. */
export const WINDOW_MS = 10_000;
const WINDOW = msToSamples(WINDOW_MS);
const SAMPLES_PER_MS = msToSamples(1);
/** Busy share of the time of this process beyond which timing tells nothing of the stream. */
const OWN_SHARE = 0.5;

/** Places chunks that came: `hole` samples of silence first, then the next `chunks` of them. */
export interface Placement {
  /** Negative: what follows belongs that much earlier than was thought. */
  readonly hole: number;
  readonly chunks: number;
}

/** Options of a {@link LegClock}. */
export interface LegClockOptions {
  /** True when the time line goes at the pace of this leg. Default false. */
  readonly sets?: boolean;
  /**
   * Gets the number of each window that has ended, the same for all legs of a line, the leg's least delay in it but
   * for what was lost, and how exact that is, in samples.
   */
  onWindow?(window: number, delay: number, noise: number): void;
  /** Time that this process has been too busy to read samples, in ms, in all. Default: 0. */
  busyMs?(): number;
}

const AT_ONCE: readonly Placement[] = [{ hole: 0, chunks: 1 }];
const NOT_YET: readonly Placement[] = [];

/**
 * Judges one leg by when its samples come. A stream of PCM counts nothing but what is sent, so that of a pause only
 * what follows tells whether it was a delay (the samples come all the same, faster for a while) or a loss (they never
 * will). The rule: **lost is what is never made up.** How much of a stream was lost before a sample is the least delay
 * of that sample and of all that follow, less the usual delay of the stream.
 *
 * ```text
 *            ┌──(on time again: it was a delay)────────────────────────────┐
 *            v                                                             │
 *        flowing ──(over 60 ms late)──> in doubt: samples wait ────────────┤
 *            ^                             │  (seen for 150 to 300 ms: silence where it was lost)
 *            │                             └──(a second, and still faster than time)──> catching up: placed as a delay
 *            └──(on time again; or no longer faster: silence of what is left)──────────────┘
 * ```
 *
 * While it flows, less than 60 ms of loss shows in the least delay of the last half second or of the last four. The
 * usual delay itself moves no faster than clocks drift, so that neither is taken for the other.
 *
 * Silence that was put in is never taken back: where too few reads show a loss, only what they show for sure is put in,
 * and {@link OwedLoss} finds the rest.
 */
export class LegClock {
  readonly #line: CallTimeLine;
  readonly #options: LegClockOptions;
  #waiting: TimedChunk[] = [];
  /** Time at which the sample before those that wait came. */
  #pausedSinceMs = 0;
  /** The newest chunks of a stream that catches up. */
  #catchingUp: TimedChunk[] | undefined;
  #live = true;
  /** The usual delay of what was not lost. */
  #usual: number | undefined;
  #lost = 0;
  /** Silence that was put in for it: more than was lost where a loss looked longer at first. */
  #opened = 0;
  /** Silence of the newest loss that was not put in, as too few packets had shown it. */
  #owed: OwedLoss | undefined;
  #openedMs = Number.NEGATIVE_INFINITY;
  readonly #scales = SCALES.map(({ bucketMs, count, tolerance }) => ({
    least: new LeastDelay(bucketMs, count),
    tolerance,
  }));
  /** True when the other leg begins where this one does. */
  #leads = false;
  #passedOver = false;
  /** Time of the next look whether the waiting chunks can be judged. */
  #lookMs = 0;
  readonly #noise = new DelayNoise();
  #window: { readonly number: number; readonly busyMs: number; least: number } | undefined;

  constructor(line: CallTimeLine, options: LegClockOptions = {}) {
    this.#line = line;
    this.#options = options;
  }

  /** True when the stream keeps time with the clock. */
  get live(): boolean {
    return this.#live;
  }

  /** Latest time at which the waiting chunks are placed. */
  get decisionMs(): number | undefined {
    const [first] = this.#waiting;
    return first && Math.max(first.atMs + this.#longestWatchMs, this.#lookMs);
  }

  /** Position of the call now by this leg's usual delay, in samples; nothing when the leg is not live. */
  expectedEnd(nowMs: number): number | undefined {
    if (!this.#live || this.#usual === undefined) return undefined;
    return Math.floor(this.#line.at(nowMs) - this.#usual);
  }

  /** The same, unless this process was itself too busy to read what came since: then the time tells nothing. */
  silentEnd(nowMs: number): number | undefined {
    const { lastMs, lastBusyMs } = this.#noise;
    const own = lastMs !== undefined && this.#busyMs() - lastBusyMs > (nowMs - lastMs) * OWN_SHARE;
    return own ? undefined : this.expectedEnd(nowMs);
  }

  /**
   * Takes notice of a chunk of `count` samples. `end` is where it would end on the time line if it followed what came
   * before it. `passedOver`: silence has taken that place already, so that a delay would come too late for it. Returns
   * what is to be done with it and with those that wait.
   */
  arrive(nowMs: number, count: number, end: number, passedOver = false): readonly Placement[] {
    this.#passedOver = passedOver;
    this.#leads ||= this.#line.begin(nowMs, end);
    if (!this.#live) return AT_ONCE;
    const delay = this.#line.at(nowMs) - (end - this.#opened);
    this.#usual ??= delay < this.#line.usual + TOGETHER ? delay : this.#line.usual;
    if (this.#isAhead(nowMs, delay)) return this.#giveUp();
    const pausedSinceMs = this.#noise.lastMs ?? this.#line.begunMs ?? nowMs;
    const busyMs = this.#busyMs();
    const unseen = this.#noise.noteRead(nowMs, nowMs - pausedSinceMs, busyMs, count);
    const chunk = { atMs: nowMs, busyMs, count, delay, unseen };
    if (this.#catchingUp) return this.#followUp(this.#catchingUp, chunk);
    if (this.#waiting.length === 0) {
      if (this.#late(chunk) <= this.#doubt(count)) return this.#flow(chunk);
      this.#pausedSinceMs = pausedSinceMs;
    }
    this.#waiting.push(chunk);
    return this.#decide(nowMs);
  }

  /** Most that a read of so many samples may be late: a batched reader may get them all late at once. */
  #doubt(count: number): number {
    return Math.max(DOUBT, Math.min(DOUBT_BATCHED, count / 2));
  }

  /** Decides on what has waited for long enough by now. */
  decide(nowMs: number): readonly Placement[] {
    return this.#waiting.length === 0 ? NOT_YET : this.#decide(nowMs);
  }

  /** Decides on all that waits: nothing more will come. */
  settle(nowMs: number): readonly Placement[] {
    const [first] = this.#waiting;
    if (!first) return NOT_YET;
    const paused = (first.atMs - this.#pausedSinceMs) * SAMPLES_PER_MS;
    const late = Math.max(...this.#waiting.map((chunk) => this.#late(chunk)));
    // The last visit of a batched reader brings less than the others.
    const sure = late > SURE + this.#noise.lastRead && paused > late / 4;
    return sure && !gains(this.#waiting, nowMs) ? this.#place(Number.POSITIVE_INFINITY) : this.#placeAll();
  }

  #busyMs(): number {
    return this.#options.busyMs?.() ?? 0;
  }

  /** Delay of a chunk beyond the usual delay. */
  #late({ delay }: TimedChunk): number {
    return delay - (this.#usual ?? delay) - this.#lost;
  }

  #isAhead(nowMs: number, delay: number): boolean {
    const drift = (this.#line.at(nowMs) * MAX_DRIFT) / msToSamples(1000);
    return this.#opened === 0 && delay < -AHEAD - Math.max(0, drift);
  }

  /** The stream runs ahead of time: it is placed by its positions alone. */
  #giveUp(): readonly Placement[] {
    this.#live = false;
    return [{ hole: 0, chunks: this.#waiting.splice(0).length + 1 }];
  }

  #flow(chunk: TimedChunk): readonly Placement[] {
    const hole = this.#note(chunk);
    return hole === 0 ? AT_ONCE : [{ hole, chunks: 1 }];
  }

  #decide(nowMs: number): readonly Placement[] {
    const placements: Placement[] = [];
    this.#placeOnTime(placements);
    const [first] = this.#waiting;
    if (!first) return placements;
    const watchedMs = nowMs - first.atMs;
    const watchMs = this.#watchMs;
    const seenMs = watchedMs - (this.#busyMs() - first.busyMs);
    const catchesUp = gains(this.#waiting, nowMs);
    const few = readsOf(this.#waiting) < FEWEST_READS[this.#noise.batched ? 'batched' : 'atOnce'];
    const undecided = seenMs < LAST_WATCH_MS && (catchesUp || few || seenMs < watchMs);
    if (undecided && watchedMs < LAST_BUSY_MS) {
      this.#lookMs = nowMs + LOOK_AGAIN_MS;
      return placements;
    }
    if (catchesUp || undecided) {
      this.#catchingUp = [...this.#waiting];
      return [...placements, ...this.#placeAll()];
    }
    const came = this.#waiting.reduce((sum, { count }) => sum + count, -first.count);
    if (watchedMs < this.#longestWatchMs && came < watchedMs * SAMPLES_PER_MS * PACE) return placements;
    placements.push(...this.#place(nowMs - watchMs));
    this.#placeOnTime(placements);
    return placements;
  }

  /** Longest watch before a delay is taken for one: silence that is not put in is watched for longer. */
  get #longestWatchMs(): number {
    return this.#passedOver ? LAST_WATCH_MS : LONGEST_WATCH_MS;
  }

  get #watchMs(): number {
    return Math.min(LONGEST_WATCH_MS, WATCH_MS + this.#noise.jitterMs * WATCH_JITTER);
  }

  /** Places those before which nothing was lost: later ones are on time. */
  #placeOnTime(placements: Placement[]): void {
    const chunks = 1 + this.#waiting.findLastIndex((chunk) => this.#late(chunk) <= DOUBT);
    if (chunks === 0) return;
    const placed = this.#waiting.splice(0, chunks);
    // A read of long ago, between others, tells of the pause before it only.
    const hole = placed.reduce((sum, chunk) => sum + this.#note(chunk), 0);
    placements.push({ hole: 0, chunks: chunks - 1 }, { hole, chunks: 1 });
  }

  /**
   * Places all that came until `untilMs`, each behind what was lost before it. What may have come in time, before this
   * reader looked, is placed so where more was lost after it: a stall is one and not two.
   */
  #place(untilMs: number, least = SCALES[0].tolerance + this.#noise.samples): Placement[] {
    const placements: Placement[] = [];
    let tolerance = least;
    for (let chunk = this.#waiting[0]; chunk && chunk.atMs <= untilMs; chunk = this.#waiting[0]) {
      const lost = this.#lostBefore(this.#waiting);
      this.#waiting.shift();
      const later = this.#leastLate(this.#waiting);
      // Of a read that nothing follows, as much may have been waiting to be read.
      const sure = later === Infinity ? Math.min(lost.least, this.#late(chunk) - chunk.unseen) : lost.least;
      const inTime = this.#late(chunk) - chunk.unseen <= DOUBT && lost.most + DOUBT < later;
      const hole =
        lost.most > tolerance && !inTime ? this.#open(Math.max(0, sure), chunk.atMs, lost.most) : 0;
      placements.push({ hole, chunks: 1 });
      tolerance = Math.max(least, DOUBT);
    }
    return placements;
  }

  /** Samples lost before the first of these chunks: at least, since silence is not taken back, and at most. */
  #lostBefore(chunks: readonly TimedChunk[]): { readonly least: number; readonly most: number } {
    const most = this.#leastLate(chunks);
    // Those that more was lost before tell nothing of this loss.
    const telling = chunks.filter((chunk) => this.#late(chunk) <= most + DOUBT);
    return { least: most - this.#noise.leastOf(readsOf(telling)), most };
  }

  #leastLate(chunks: readonly TimedChunk[]): number {
    return Math.min(...chunks.map((chunk) => this.#late(chunk)));
  }

  #placeAll(): readonly Placement[] {
    return [{ hole: 0, chunks: this.#waiting.splice(0).length }];
  }

  /** Watches a stream that catches up until it is on time or catches up no longer. */
  #followUp(chunks: TimedChunk[], chunk: TimedChunk): readonly Placement[] {
    chunks.push(chunk);
    while (chunk.atMs - (chunks[0]?.atMs ?? chunk.atMs) > LONGEST_WATCH_MS) chunks.shift();
    const [first = chunk] = chunks;
    const watchedMs = chunk.atMs - first.atMs;
    if (this.#late(chunk) <= DOUBT || chunk.busyMs - first.busyMs > watchedMs * OWN_SHARE) {
      this.#catchingUp = undefined;
      return this.#flow(chunk);
    }
    if (watchedMs < WATCH_MS || gains(chunks, chunk.atMs)) return AT_ONCE;
    this.#catchingUp = undefined;
    const { least, most } = this.#lostBefore(chunks);
    return [{ hole: this.#open(Math.max(0, least), chunk.atMs, most), chunks: 1 }];
  }

  /** Notes a loss, which may be as much as `most`; returns how much silence has to be put in for it. */
  #open(lost: number, atMs: number, most = lost): number {
    this.#lost += lost;
    this.#owed = most - lost >= 1 ? new OwedLoss(most - lost) : undefined;
    for (const { least } of this.#scales) least.reset();
    this.#openedMs = atMs;
    const hole = Math.max(0, Math.round(this.#lost) - this.#opened);
    this.#opened += hole;
    return hole;
  }

  /** Takes notice of a chunk that has its place. Returns the silence that has to be put in before it. */
  #note(chunk: TimedChunk): number {
    const { atMs, delay } = chunk;
    const early = -this.#late(chunk);
    this.#noise.noteDelay(delay);
    if (early > 0) this.#correct(early, atMs);
    this.#noteWindow(chunk);
    let hole = this.#surplus() + this.#rest(chunk);
    for (const [scale, { least: delays, tolerance }] of this.#scales.entries()) {
      const least = delays.push(atMs, delay - this.#lost);
      if (!least) continue;
      const late = least.all - (this.#usual ?? least.all);
      if (late > tolerance + this.#noise.samples) hole += this.#open(late + least.newest - least.all, atMs);
      else if (!this.#owed && scale === SCALES.length - 1) this.#drift(late);
    }
    return hole;
  }

  /** It came earlier than it can: less was lost than was thought, or it is usually faster. */
  #correct(early: number, atMs: number): void {
    if (this.#lost > 0 && (atMs - this.#openedMs < SETTLING_MS || early > SURPLUS)) {
      this.#lost = Math.max(0, this.#lost - early);
    } else if (this.#opened === 0 && this.#usual !== undefined) {
      this.#usual -= early;
      if (this.#leads) this.#line.usual = this.#usual;
    }
  }

  /** The rest of a loss of which too little was seen at first, once enough has come since. */
  #rest(chunk: TimedChunk): number {
    const rest = this.#owed?.push(chunk.atMs, this.#late(chunk));
    if (rest === undefined) return 0;
    this.#owed = undefined;
    return rest > 0 ? this.#open(rest, chunk.atMs) : 0;
  }

  #surplus(): number {
    const surplus = this.#opened - Math.round(this.#lost);
    if (surplus <= SURPLUS) return 0;
    this.#opened -= surplus;
    return -surplus;
  }

  /** Lets the usual delay follow the least one, no faster than clocks drift. */
  #drift(late: number): void {
    const step = Math.max(-MAX_DRIFT, Math.min(MAX_DRIFT, late));
    if (this.#options.sets) this.#line.adjust(step);
    else if (this.#usual !== undefined) this.#usual += step;
  }

  #noteWindow({ atMs, delay, busyMs }: TimedChunk): void {
    const number = Math.floor(this.#line.at(atMs) / WINDOW);
    const window = this.#window;
    if (window && window.number >= number) {
      window.least = Math.min(window.least, delay - this.#lost);
      return;
    }
    if (window && busyMs - window.busyMs <= WINDOW_MS * OWN_SHARE) {
      this.#options.onWindow?.(window.number, window.least, this.#noise.samples);
    }
    this.#window = { number, busyMs, least: delay - this.#lost };
  }
}
