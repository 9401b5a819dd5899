import { ArrivalNeed } from './arrival-need.js';

const PER_MS = 16;

/** Measures by how much the frames of a queue could be read earlier without a hole. */
export class TimeToSpare {
  readonly #need = new ArrivalNeed();
  /** Arrival time of the newest audio of the last frame; undefined when the frame had a hole. */
  #newest: number | undefined;
  /** Frames that were read since the last call of {@link ask}. */
  #unasked = 0;

  /** Begins a frame. */
  begin(): void {
    this.#unasked++;
    this.#newest = undefined;
  }

  /** Takes the arrival time of audio in the frame. */
  took(cameAt: number): void {
    this.#newest = cameAt;
  }

  /** Notes that the frame has a hole and does not count. */
  hole(): void {
    this.#newest = undefined;
  }

  /** Notes that frames have other boundaries from now on. */
  recut(): void {
    this.#need.forget();
  }

  /**
   * Returns the milliseconds by which all audio of the last seconds could have been read earlier than `nowMs`.
   *
   * @param position Samples of all audio that was read so far.
   * @returns undefined when the last frame does not count.
   */
  ask(nowMs: number | undefined, position: number): number | undefined {
    // Several frames since the last question mean that the reader was late. Arrival times then show when the reader
    // ran, and not when the audio came.
    const isKnown = this.#unasked === 1;
    this.#unasked = 0;
    if (nowMs === undefined || this.#newest === undefined || !isKnown) return undefined;
    const played = position / PER_MS;
    this.#need.take(this.#newest - played);
    return nowMs - played - this.#need.worst;
  }
}
