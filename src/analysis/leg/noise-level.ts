/** Width of a class of levels, in dB, and the softest one. */
const CLASS_DB = 0.25;
const SOFTEST_DB = -100;
const CLASSES = -SOFTEST_DB / CLASS_DB + 1;
/** Frames of 10 ms that have to be heard. */
const LEAST = 50;

/** Level of what is heard while nobody speaks: the median of frames of 10 ms. */
export class NoiseLevel {
  readonly #counts = new Uint32Array(CLASSES);
  /** Frames with sound, and frames of exact silence. */
  frames = 0;
  silentFrames = 0;

  /** @param meanSquare Of a frame, full scale being 1. */
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

  /** In dBFS; undefined where less than half a second of it was heard. */
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
