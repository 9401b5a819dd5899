import { ArrivalNeed } from './arrival-need.js';

const PER_MS = 16;

/** Measures by how much the frames of some audio could be read earlier without a hole. */
export class TimeToSpare {
  readonly #need = new ArrivalNeed();
  /** Time at which the newest audio of the last frame came; nothing where that frame had a hole. */
  #newest: number | undefined;
  /** Frames that were read since somebody asked. */
  #unasked = 0;

  /** A frame is being read. */
  begin(): void {
    this.#unasked++;
    this.#newest = undefined;
  }

  /** Takes the time at which audio of the frame came. */
  took(cameAt: number): void {
    this.#newest = cameAt;
  }

  /** The frame has a hole: it tells nothing. */
  hole(): void {
    this.#newest = undefined;
  }

  /** Frames are cut elsewhere from now on. */
  recut(): void {
    this.#need.forget();
  }

  /**
   * Milliseconds by which all audio of the last seconds could have been read earlier than `nowMs`.
   *
   * @param position Samples of all audio that was read.
   * @returns nothing where the last frame does not tell.
   */
  ask(nowMs: number | undefined, position: number): number | undefined {
    // A frame that was read late tells the time of the reader, and so does what came while the reader was late.
    const isKnown = this.#unasked === 1;
    this.#unasked = 0;
    if (nowMs === undefined || this.#newest === undefined || !isKnown) return undefined;
    const played = position / PER_MS;
    this.#need.take(this.#newest - played);
    return nowMs - played - this.#need.worst;
  }
}
