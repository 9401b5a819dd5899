import { checkArgument, listOf, rule, within } from '../base/check.js';

/** Stretch of time of one leg, in samples from the start of the conversation. */
export interface Span {
  readonly from: number;
  /** First sample after it. */
  readonly to: number;
}

const SAMPLES = within(0, Number.POSITIVE_INFINITY, 'samples');
const SPEECH = listOf(
  rule('{ from, to } in samples', (value) => {
    const { from, to } = Object(value);
    return typeof from === 'number' && typeof to === 'number' && from <= to;
  }),
);

/**
 * Joins stretches of speech of one leg into inter-pausal units. Stretches at most `pauseSamples` apart become one unit.
 * Units shorter than `leastSamples` are left out.
 *
 * @param speech In order of time, without overlap.
 * @param pauseSamples 0 or more.
 * @param leastSamples 0 or more. Default 0.
 * @throws ERR_INVALID_ARG
 */
export function speechUnits(speech: readonly Span[], pauseSamples: number, leastSamples = 0): Span[] {
  checkArgument('speech', speech, SPEECH);
  checkArgument('pauseSamples', pauseSamples, SAMPLES);
  checkArgument('leastSamples', leastSamples, SAMPLES);
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
