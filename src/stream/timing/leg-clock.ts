import { JackfieldError } from '../../base/errors.js';
import { msToSamples } from '../../base/pcm.js';
import { LossAccount } from '../align/loss-account.js';
import type { TimedChunk } from '../align/timed-chunk.js';
import type { CallTimeLine } from './call-time-line.js';
import { DelayNoise, tooBusy } from './delay-noise.js';
import { DelayWindows, type OnWindow } from './delay-windows.js';
import { CatchUp, Doubt, type Placement } from './doubt.js';
import { MAX_DRIFT, UsualDelay } from './usual-delay.js';

/** Lead over the clock from which on a stream is not live, in samples: a second. Its timing then says nothing. */
const AHEAD = msToSamples(1000);

/** Options of a {@link LegClock}. */
export interface LegClockOptions {
  /** True when this leg sets the pace of the time line. Default false. */
  readonly sets?: boolean;
  readonly onWindow?: OnWindow;
  /** Total time for which this process was too busy to read samples, in ms. Default 0. */
  busyMs?(): number;
}

/** State of a leg's stream. */
type State =
  | { readonly name: 'flowing' }
  | { readonly name: 'in-doubt'; readonly doubt: Doubt }
  | { readonly name: 'catching-up'; readonly catchUp: CatchUp }
  /** The stream runs ahead of time and is placed by its positions alone. */
  | { readonly name: 'not-live' };

/** The states that follow each state. */
const NEXT: Readonly<Record<State['name'], readonly State['name'][]>> = {
  flowing: ['in-doubt', 'not-live'],
  'in-doubt': ['flowing', 'catching-up', 'not-live'],
  'catching-up': ['flowing', 'not-live'],
  'not-live': [],
};

const AT_ONCE: readonly Placement[] = [{ hole: 0, chunks: 1 }];
const NOT_YET: readonly Placement[] = [];

/**
 * Judges one leg by the times at which its samples come. A stream of PCM counts only what is sent, so a pause alone
 * does not show whether samples were delayed or lost. What follows shows it: after a delay the samples still come,
 * faster for a while; after a loss they never come.
 *
 * ```text
 *            ┌──(on time again: it was a delay)────────────────────────────┐
 *            v                                                             │
 *        flowing ──(over 60 ms late)──> in-doubt: samples wait ────────────┤
 *            ^                             │  (seen for 150 to 300 ms: silence where it was lost)
 *            │                             └──(a second, and still faster than time)──> catching-up: placed as a delay
 *            └──(on time again; or no longer faster: silence of what is left)──────────────┘
 *
 *        any of them ──(a second ahead of time)──> not-live
 * ```
 *
 * {@link LossAccount} computes how much was lost, and finds losses of less than 60 ms while the stream flows.
 */
export class LegClock {
  readonly #line: CallTimeLine;
  readonly #ownBusyMs: () => number;
  readonly #noise = new DelayNoise();
  readonly #usual: UsualDelay;
  readonly #losses: LossAccount;
  #state: State = { name: 'flowing' };

  constructor(line: CallTimeLine, options: LegClockOptions = {}) {
    const { sets = false, onWindow } = options;
    this.#line = line;
    this.#ownBusyMs = () => options.busyMs?.() ?? 0;
    this.#usual = new UsualDelay(line, sets);
    const windows = new DelayWindows(line, this.#noise, onWindow);
    this.#losses = new LossAccount({ usual: this.#usual, noise: this.#noise, windows });
  }

  /** True when the stream keeps time with the clock. */
  get live(): boolean {
    return this.#state.name !== 'not-live';
  }

  /** Latest time at which the waiting chunks are placed. */
  get decisionMs(): number | undefined {
    return this.#state.name === 'in-doubt' ? this.#state.doubt.decisionMs : undefined;
  }

  /** Position of the call at `nowMs` by this leg's usual delay, in samples; undefined when the leg is not live. */
  expectedEnd(nowMs: number): number | undefined {
    const usual = this.#usual.samples;
    return this.live && usual !== undefined ? Math.floor(this.#line.at(nowMs) - usual) : undefined;
  }

  /**
   * Does the same as {@link expectedEnd}, but returns undefined when this process was too busy to read what has come
   * since.
   */
  silentEnd(nowMs: number): number | undefined {
    const { lastMs, lastBusyMs } = this.#noise;
    const own = lastMs !== undefined && tooBusy(this.#ownBusyMs() - lastBusyMs, nowMs - lastMs);
    return own ? undefined : this.expectedEnd(nowMs);
  }

  /**
   * Notes a chunk of `count` samples. `end` is the position at which it would end on the time line if it followed
   * directly on what came before. `passedOver`: silence has already taken that place, so that it is too late to place
   * the chunk as a delay. Returns the placements of this chunk and of those that wait.
   */
  arrive(nowMs: number, count: number, end: number, passedOver = false): readonly Placement[] {
    this.#usual.begin(nowMs, end);
    if (!this.live) return AT_ONCE;
    const delay = this.#line.at(nowMs) - (end - this.#losses.opened);
    this.#usual.start(delay);
    if (this.#isAhead(nowMs, delay)) return this.#giveUp();
    const pausedSinceMs = this.#noise.lastMs ?? this.#line.begunMs ?? nowMs;
    const busyMs = this.#ownBusyMs();
    const unseen = this.#noise.noteRead(nowMs, nowMs - pausedSinceMs, busyMs, count);
    const chunk = { atMs: nowMs, busyMs, count, delay, unseen };
    const state = this.#state;
    if (state.name === 'catching-up') return this.#follow(state.catchUp, chunk);
    if (state.name === 'in-doubt') return this.#wait(state.doubt, chunk, passedOver);
    if (!this.#losses.doubts(chunk)) return placedBehind(this.#losses.note(chunk));
    const doubt = new Doubt(this.#losses, this.#noise, pausedSinceMs);
    this.#transition({ name: 'in-doubt', doubt });
    return this.#wait(doubt, chunk, passedOver);
  }

  /** Decides on chunks that have waited long enough by now. */
  decide(nowMs: number): readonly Placement[] {
    return this.#state.name === 'in-doubt'
      ? this.#decide(this.#state.doubt, nowMs, this.#ownBusyMs())
      : NOT_YET;
  }

  /** Decides on all waiting chunks. To be called when nothing more will come. */
  settle(nowMs: number): readonly Placement[] {
    if (this.#state.name !== 'in-doubt') return NOT_YET;
    const placements = this.#state.doubt.settle(nowMs);
    this.#transition({ name: 'flowing' });
    return placements;
  }

  #isAhead(nowMs: number, delay: number): boolean {
    const drift = (this.#line.at(nowMs) * MAX_DRIFT) / msToSamples(1000);
    return this.#losses.opened === 0 && delay < -AHEAD - Math.max(0, drift);
  }

  #giveUp(): readonly Placement[] {
    const waiting = this.#state.name === 'in-doubt' ? this.#state.doubt.size : 0;
    this.#transition({ name: 'not-live' });
    return [{ hole: 0, chunks: waiting + 1 }];
  }

  #wait(doubt: Doubt, chunk: TimedChunk, passedOver: boolean): readonly Placement[] {
    doubt.push(chunk, passedOver);
    return this.#decide(doubt, chunk.atMs, chunk.busyMs);
  }

  #decide(doubt: Doubt, nowMs: number, busyMs: number): readonly Placement[] {
    const { placements, catchesUp } = doubt.decide(nowMs, busyMs);
    if (catchesUp) this.#transition({ name: 'catching-up', catchUp: new CatchUp(this.#losses, catchesUp) });
    else if (doubt.size === 0) this.#transition({ name: 'flowing' });
    return placements;
  }

  #follow(catchUp: CatchUp, chunk: TimedChunk): readonly Placement[] {
    const hole = catchUp.follow(chunk);
    if (hole === undefined) return AT_ONCE;
    this.#transition({ name: 'flowing' });
    return placedBehind(hole);
  }

  #transition(state: State): void {
    if (!NEXT[this.#state.name].includes(state.name)) {
      throw new JackfieldError(
        'ERR_INVALID_STATE',
        `A leg that is ${this.#state.name} cannot be ${state.name}.`,
      );
    }
    this.#state = state;
  }
}

function placedBehind(hole: number): readonly Placement[] {
  return hole === 0 ? AT_ONCE : [{ hole, chunks: 1 }];
}
