import { msToSamples } from '../../pcm.js';

/**
 * A stream that brought nothing for this long and is this far behind its usual delay has stood still, in ms. Less
 * is a busy machine, or shows as a skip when the window closes.
 */
const STALL_MS = 1000;
const STALL = msToSamples(STALL_MS);
/** How long a stream that moves again is watched before its samples are placed, in ms: does it catch up, or not? */
const WATCH_MS = 100;
/** More than this many samples for each that fits into the time: the stream catches up. */
const CATCHING_UP = 1.5;
/** A stream that is this far ahead of the clock is not live: its timing says nothing. */
const AHEAD = msToSamples(1000);
/** The usual delay is the least one of this long, in ms: whatever delays single packets does not touch it. */
export const WINDOW_MS = 10_000;
const WINDOW = msToSamples(WINDOW_MS);
/** Samples that were skipped without a pause: the least delay is longer by more than this, two windows running. */
const SKIP = msToSamples(100);
const SAMPLES_PER_MS = msToSamples(1);
/** Where this process itself was busy for more than this share of the time, timing tells nothing of the stream. */
const OWN_SHARE = 0.5;

/** The one clock that the legs of a call are placed by: time in samples since the call's first. */
export class CallTimeLine {
  #originMs: number | undefined;
  /** Usual delay of the leg that came first, for the one that follows. */
  delay: number | undefined;

  get begun(): boolean {
    return this.#originMs !== undefined;
  }

  /** Says that the sample before `position` came at `nowMs`. */
  begin(nowMs: number, position: number): void {
    this.#originMs ??= nowMs - position / SAMPLES_PER_MS;
  }

  /** Where the call is at `nowMs`, in samples. */
  at(nowMs: number): number {
    return (nowMs - (this.#originMs ?? nowMs)) * SAMPLES_PER_MS;
  }
}

type Flow =
  | { readonly name: 'flowing' }
  | {
      readonly name: 'watched' | 'catching-up';
      readonly sinceMs: number;
      readonly busyMs: number;
      samples: number;
      leastDelay: number;
    };

/** What a {@link LegClock} tells, and needs to know. */
export interface LegClockOptions {
  /** Gets the number of each window that has ended, the same for all legs of a line, and its least delay, in samples. */
  onWindow?(window: number, delay: number): void;
  /** How long this process has been too busy to take samples, in ms, in all. Default: never. */
  busyMs?(): number;
}

/**
 * Judges one leg by when its samples come. A stream of PCM counts nothing but what is sent: whether a pause was a
 * delay (the samples come all the same, faster for a while) or a hole (they never will) shows only afterwards.
 *
 * ```text
 * flowing ──(behind)──> watched ──(no faster than time)──> a hole: silence of its length ──> flowing
 *    ^                     └──(faster)──> catching-up ──(abreast again, or no longer faster)──┘
 * ```
 */
export class LegClock {
  readonly #line: CallTimeLine;
  readonly #options: LegClockOptions;
  #flow: Flow = { name: 'flowing' };
  #live = true;
  #lastMs = Number.NEGATIVE_INFINITY;
  #lastBusyMs = 0;
  #window: { readonly number: number; readonly busyMs: number; least: number } | undefined;
  #usual = Number.POSITIVE_INFINITY;
  /** By how much the least delay of the window before was longer than usual, where that looked like a skip. */
  #grown: number | undefined;

  constructor(line: CallTimeLine, options: LegClockOptions = {}) {
    this.#line = line;
    this.#options = options;
  }

  /** Whether the stream keeps time with the clock at all. */
  get live(): boolean {
    return this.#live;
  }

  /** Where the call is now by this leg's usual delay, in samples; nothing when the leg is not live. */
  expectedEnd(nowMs: number): number | undefined {
    const usual = this.#leastDelay();
    return this.#live && usual !== undefined ? Math.floor(this.#line.at(nowMs) - usual) : undefined;
  }

  /** The same, unless this process was itself too busy to read what came since: then the time tells nothing. */
  silentEnd(nowMs: number): number | undefined {
    const busyMs = this.#options.busyMs?.() ?? 0;
    const own = busyMs - this.#lastBusyMs > (nowMs - this.#lastMs) * OWN_SHARE;
    return own ? undefined : this.expectedEnd(nowMs);
  }

  /**
   * Takes notice of `count` samples that have come. `end` is where they would end if nothing was missing.
   * Returns how much silence belongs before them and what is held; `'hold'` when that is not decided yet.
   */
  arrive(nowMs: number, count: number, end: number): number | 'hold' {
    this.#line.begin(nowMs, end);
    if (!this.#live) return 0;
    const delay = this.#line.at(nowMs) - end;
    if (delay < -AHEAD) {
      this.#live = false;
      return 0;
    }
    const usual = this.#leastDelay() ?? this.#line.delay ?? delay;
    const flow = this.#flow;
    const busyMs = this.#options.busyMs?.() ?? 0;
    const pausedMs = nowMs - this.#lastMs;
    const ownPause = busyMs - this.#lastBusyMs > pausedMs * OWN_SHARE;
    this.#lastMs = nowMs;
    this.#lastBusyMs = busyMs;
    if (delay - usual < STALL || (flow.name === 'flowing' && (pausedMs < STALL_MS || ownPause))) {
      this.#flow = { name: 'flowing' };
      return this.#note(nowMs, delay, busyMs);
    }
    const watch = { sinceMs: nowMs, busyMs, samples: 0, leastDelay: delay };
    if (flow.name === 'flowing') {
      this.#flow = { name: 'watched', ...watch };
      return 'hold';
    }
    flow.samples += count;
    flow.leastDelay = Math.min(flow.leastDelay, delay);
    const watchedMs = nowMs - flow.sinceMs;
    if (watchedMs < WATCH_MS) return flow.name === 'watched' ? 'hold' : 0;
    const ownPace = busyMs - flow.busyMs > watchedMs * OWN_SHARE;
    if (ownPace || flow.samples > watchedMs * SAMPLES_PER_MS * CATCHING_UP) {
      this.#flow = { name: 'catching-up', ...watch };
      return 0;
    }
    this.#flow = { name: 'flowing' };
    const hole = Math.round(flow.leastDelay - usual);
    this.#note(nowMs, delay - hole, busyMs);
    return hole;
  }

  #leastDelay(): number | undefined {
    const least = Math.min(this.#usual, this.#window?.least ?? Number.POSITIVE_INFINITY);
    return Number.isFinite(least) ? least : undefined;
  }

  /** Returns the samples that were skipped, which show when a window closes. */
  #note(nowMs: number, delay: number, busyMs: number): number {
    this.#line.delay ??= delay;
    const number = Math.floor(this.#line.at(nowMs) / WINDOW);
    const window = this.#window;
    if (window && window.number >= number) {
      window.least = Math.min(window.least, delay);
      return 0;
    }
    const busy = window !== undefined && busyMs - window.busyMs > WINDOW_MS * OWN_SHARE;
    const skipped = window && !busy ? this.#close(window) : 0;
    this.#window = { number, busyMs, least: delay - skipped };
    return skipped;
  }

  /** Judges a window that has ended. */
  #close({ number, least }: { readonly number: number; readonly least: number }): number {
    const growth = least - this.#usual;
    if (growth > SKIP && this.#grown === undefined) {
      this.#grown = growth;
      return 0;
    }
    const skipped = growth > SKIP ? Math.round(Math.min(growth, this.#grown ?? growth)) : 0;
    this.#grown = undefined;
    this.#usual = least - skipped;
    this.#options.onWindow?.(number, this.#usual);
    return skipped;
  }
}
