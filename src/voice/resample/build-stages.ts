import { PolyphaseStage } from './polyphase-stage.js';
import type { FilterBank } from './resample-filter.js';
import type { ResampleStage } from './resample-stage.js';
import type { SpectralFilter } from './spectral-filter.js';
import { SpectralStage } from './spectral-stage.js';

/**
 * Builds the stages of a resampler, one after the other in the kernel's memory. The first output lies at the time of
 * the first input: every stage begins earlier, by as much as the filters behind it reach back. Only the samples in
 * front of the first stage are silence.
 *
 * @param maxInputs Largest number of samples per channel in one input.
 */
export function buildStages(
  filters: readonly (FilterBank | SpectralFilter)[],
  channels: number,
  maxInputs: number,
): ResampleStage[] {
  const starts = startsOf(filters);
  const stages: ResampleStage[] = [];
  filters.forEach((filter, i) => {
    const before = stages.at(-1);
    const { silence = 0, skipped = 0 } = starts[i] ?? {};
    const place = {
      address: before?.end ?? 0,
      channels,
      maxInputs: before?.maxOutputs ?? maxInputs,
      silence,
      skipped,
    };
    stages.push('matrices' in filter ? new SpectralStage(filter, place) : new PolyphaseStage(filter, place));
  });
  return stages;
}

/** Gives for each stage the silence in front of its first input, and the number of its first inputs to skip. */
function startsOf(filters: readonly (FilterBank | SpectralFilter)[]): { silence: number; skipped: number }[] {
  const starts: { silence: number; skipped: number }[] = [];
  // Outputs that the current stage must give before the time of the first input: whole rounds of its phases.
  let early = 0;
  filters.toReversed().forEach((filter, i) => {
    const before = filters[filters.length - 2 - i];
    const needed = reachOf(filter) + (early / filter.phases) * filter.step;
    early = before ? Math.ceil(needed / before.phases) * before.phases : 0;
    starts.unshift(before ? { silence: 0, skipped: early - needed } : { silence: needed, skipped: 0 });
  });
  return starts;
}

/** Number of inputs, before the time of an output, that it depends on. */
function reachOf(filter: FilterBank | SpectralFilter): number {
  return 'matrices' in filter ? filter.edge : filter.taps / 2 - 1;
}
