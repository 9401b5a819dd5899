import { DelayEstimate } from './delay-estimate.js';

/** A tick of the conversation takes this much at once, in ms, and may come so much late. */
const TICK_MS = 20;
const TICK_MARGIN_MS = 5;
/** Jitter that is expected before anything was learnt, in ms. */
const FIRST_JITTER_MS = 10;
/** A packet that comes earlier or later than this by its timestamp is of another count of time, in ms. */
const EARLIEST_MS = -1000;
const LATEST_MS = 10_000;
/** So many of these in a row begin anew. */
const STRANGE = 3;

/** Decides by when packets come how long after its arrival voice is played. Times in ms. */
export class PlayingDelay {
  readonly #mostMs: number;
  #estimate = new DelayEstimate();
  /** Packets in a row that are of another count of time. */
  #strange = 0;

  constructor(mostMs: number) {
    this.#mostMs = mostMs;
  }

  /** Time from the arrival of voice to its playing. */
  get targetMs(): number {
    const jitter = Math.max(FIRST_JITTER_MS, this.#estimate.jitterMs);
    return Math.min(this.#mostMs, jitter + TICK_MS + TICK_MARGIN_MS);
  }

  /**
   * Looks at the time that a packet took. `strange`: it is of another count of time, and is left out; `anew`: so were the
   * ones before it, and all begins anew.
   */
  judge(transitMs: number): 'usual' | 'strange' | 'anew' {
    const least = this.#estimate.leastMs;
    const beyond = least === undefined ? 0 : transitMs - least;
    if (beyond >= EARLIEST_MS && beyond <= LATEST_MS) return 'usual';
    return ++this.#strange < STRANGE ? 'strange' : 'anew';
  }

  /** Learns from a packet that came at `atMs`. */
  note(transitMs: number, atMs: number): void {
    this.#strange = 0;
    this.#estimate.note(transitMs, atMs);
  }

  /** Place in the stream that should be played at `nowMs`, in ms; nothing before the first packet. */
  placeMs(nowMs: number): number | undefined {
    const { leastMs } = this.#estimate;
    return leastMs === undefined ? undefined : nowMs - leastMs - this.targetMs;
  }

  restart(): void {
    this.#estimate = new DelayEstimate();
  }
}
