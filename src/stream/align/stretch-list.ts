/** Samples of one leg at their place on the call's time line. */
export interface PlacedSamples {
  readonly samples: Int16Array;
  readonly position: number;
}

/** Samples from `from` up to, but not including, `to`. */
export interface Stretch {
  from: number;
  to: number;
}

/** A part of the time line that lies wholly within a stretch, or wholly outside of all. */
export interface CutPart extends Readonly<Stretch> {
  readonly within: boolean;
}

/** Cuts [from, to) where stretches begin and end. They are in order and do not overlap. */
export function* cutAt(
  stretches: readonly Readonly<Stretch>[],
  from: number,
  to: number,
): Generator<CutPart, void, undefined> {
  let at = from;
  for (const stretch of stretches) {
    const begin = Math.max(at, stretch.from);
    const end = Math.min(to, stretch.to);
    if (begin >= end) continue;
    if (at < begin) yield { from: at, to: begin, within: false };
    yield { from: begin, to: end, within: true };
    at = end;
  }
  if (at < to) yield { from: at, to, within: false };
}
