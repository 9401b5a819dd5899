import { DelayEstimate } from './delay-estimate.js';

/** Voice that a tick of the conversation takes at once, and delay of a tick that is allowed for, in ms. */
const TICK_MS = 20;
const TICK_MARGIN_MS = 5;
/** Jitter that is assumed at the start, in ms. */
const FIRST_JITTER_MS = 10;
/** Limits of the transit time beyond the least, in ms. Beyond them the timestamps have jumped. */
const EARLIEST_MS = -1000;
const LATEST_MS = 10_000;
/** Number of such packets in a row after which the stream restarts. */
const STRANGE = 3;

/** Decides how long after its arrival voice is played, by the arrival of packets. Times are in ms. */
export class PlayingDelay {
  readonly #mostMs: number;
  #estimate = new DelayEstimate();
  /** Consecutive packets whose timestamps have jumped. */
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
   * Judges the transit time of a packet. `strange`: its timestamp has jumped, and it is left out. `anew`: so have those
   * of the packets before it, and the stream restarts.
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

  /** Returns the position in the stream that should be played at `nowMs`, in ms; undefined before the first packet. */
  placeMs(nowMs: number): number | undefined {
    const { leastMs } = this.#estimate;
    return leastMs === undefined ? undefined : nowMs - leastMs - this.targetMs;
  }

  restart(): void {
    this.#estimate = new DelayEstimate();
  }
}
