import type { MaskList } from './mask-list.js';
import { type CutPart, cutAt, type PlacedSamples, type Stretch } from './stretch-list.js';

/**
 * Voice that replaces the local leg for a while: what another program says in the call. It lies over the samples of the
 * leg, which keeps its own timing below.
 */
export class SpokenOver {
  readonly #masks: MaskList;
  readonly #maxSkew: number;
  #speakers = 0;
  #end = 0;
  /** In order, without overlaps. */
  readonly #stretches: Stretch[] = [];

  /** @param maxSkew Samples by which it may be behind the recording: it is not expected any more then. */
  constructor(masks: MaskList, maxSkew: number) {
    this.#masks = masks;
    this.#maxSkew = maxSkew;
  }

  /** Expects samples until the returned function is called. */
  begin(): () => void {
    let isOver = false;
    this.#speakers++;
    return () => {
      if (!isOver) this.#speakers--;
      isOver = true;
    };
  }

  /** Position after the last of it. */
  get end(): number {
    return this.#end;
  }

  /** Position from which on more is expected, in a recording that reaches to `end`. */
  awaitedFrom(end: number): number {
    if (this.#speakers === 0) return Number.POSITIVE_INFINITY;
    return Math.max(end - this.#maxSkew, this.#end);
  }

  /** Takes samples that begin at `place`. Returns the parts of them that are to be written: all from `earliest` on. */
  take(samples: Int16Array, place: number, earliest: number): PlacedSamples[] {
    return this.cover(place, place + samples.length, earliest).map(({ from, to }) => ({
      samples: samples.subarray(from - place, to - place),
      position: from,
    }));
  }

  /** Lies over a stretch, from `earliest` on. Returns the parts of it that nothing lay over before. */
  cover(begin: number, end: number, earliest: number): readonly Readonly<Stretch>[] {
    const covered: Stretch[] = [];
    for (const { from, to, masked } of this.#masks.parts(Math.max(begin, earliest, this.#end), end)) {
      this.#end = to;
      if (masked) continue;
      covered.push({ from, to });
      const last = this.#stretches.at(-1);
      if (last?.to === from) last.to = to;
      else this.#stretches.push({ from, to });
    }
    return covered;
  }

  /** Cuts [from, to) where what was said begins and ends. */
  parts(from: number, to: number): Iterable<CutPart> {
    return cutAt(this.#stretches, from, to);
  }

  /** Returns the parts of a leg's samples over which nothing lies. */
  uncovered(placed: readonly PlacedSamples[]): readonly PlacedSamples[] {
    if (this.#stretches.length === 0) return placed;
    return placed.flatMap(({ samples, position }) =>
      [...this.parts(position, position + samples.length)].flatMap(({ from, to, within }) =>
        within ? [] : [{ samples: samples.subarray(from - position, to - position), position: from }],
      ),
    );
  }

  /** Forgets what lies before `position`. */
  forget(position: number): void {
    const kept = this.#stretches.findIndex(({ to }) => to > position);
    this.#stretches.splice(0, kept < 0 ? this.#stretches.length : kept);
  }
}
