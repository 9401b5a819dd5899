/** Stretch of time of one leg, in samples from the start of the conversation. */
export interface Span {
  readonly from: number;
  /** First sample after it. */
  readonly to: number;
}

/**
 * Joins stretches of speech of one leg into inter-pausal units: what lies no further apart than `pauseSamples` is one
 * unit, what is shorter than `leastSamples` in the end is none.
 *
 * @param speech In order of time, without overlap.
 */
export function speechUnits(speech: Iterable<Span>, pauseSamples: number, leastSamples = 0): Span[] {
  const units: Span[] = [];
  let open: Span | undefined;
  for (const { from, to } of speech) {
    if (open && from - open.to <= pauseSamples) {
      open = { from: open.from, to };
    } else {
      if (open) units.push(open);
      open = { from, to };
    }
  }
  if (open) units.push(open);
  return units.filter(({ from, to }) => to - from >= leastSamples);
}
