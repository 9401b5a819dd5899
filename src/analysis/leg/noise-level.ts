/** Width of the classes of levels, and the level of the softest class, in dB. */
const CLASS_DB = 0.25;
const SOFTEST_DB = -100;
const CLASSES = -SOFTEST_DB / CLASS_DB + 1;
/** Least frames of 10 ms that have to be measured. */
const LEAST = 50;

/** Noise level: the median level of frames of 10 ms in which nobody speaks. */
export class NoiseLevel {
  readonly #counts = new Uint32Array(CLASSES);
  /** Frames with sound, and frames of exact silence. */
  frames = 0;
  silentFrames = 0;

  /** @param meanSquare Mean square of a frame, relative to full scale. */
  add(meanSquare: number): void {
    if (meanSquare === 0) {
      this.silentFrames++;
      return;
    }
    const db = 10 * Math.log10(meanSquare);
    const index = Math.min(CLASSES - 1, Math.max(0, Math.round((db - SOFTEST_DB) / CLASS_DB)));
    this.#counts[index] = (this.#counts[index] as number) + 1;
    this.frames++;
  }

  /** Returns the level in dBFS; undefined when less than half a second was measured. */
  read(): number | undefined {
    if (this.frames < LEAST) return undefined;
    let seen = 0;
    for (const [index, count] of this.#counts.entries()) {
      seen += count;
      if (seen * 2 >= this.frames) return SOFTEST_DB + index * CLASS_DB;
    }
    return undefined;
  }
}
