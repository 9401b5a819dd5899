import { PolyphaseStage } from './polyphase-stage.js';
import type { FilterBank } from './resample-filter.js';
import type { ResampleStage } from './resample-stage.js';
import type { SpectralFilter } from './spectral-filter.js';
import { SpectralStage } from './spectral-stage.js';

/**
 * The stages of a resampler, one after the other in the kernel's memory, so that the first output lies at the time of
 * the first input: every stage begins so much earlier as the filters behind it reach back, and only what comes before
 * the first stage is silence.
 *
 * @param maxInputs Samples per channel that are put in at once, at the most.
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

/** For each stage the silence in front of its first input, and how many of its first inputs come too early. */
function startsOf(filters: readonly (FilterBank | SpectralFilter)[]): { silence: number; skipped: number }[] {
  const starts: { silence: number; skipped: number }[] = [];
  // Outputs that the stage at hand has to give before the time of the first input: whole rounds of its phases.
  let early = 0;
  filters.toReversed().forEach((filter, i) => {
    const before = filters[filters.length - 2 - i];
    const needed = reachOf(filter) + (early / filter.phases) * filter.step;
    early = before ? Math.ceil(needed / before.phases) * before.phases : 0;
    starts.unshift(before ? { silence: 0, skipped: early - needed } : { silence: needed, skipped: 0 });
  });
  return starts;
}

/** Inputs before the time of an output that it depends on. */
function reachOf(filter: FilterBank | SpectralFilter): number {
  return 'matrices' in filter ? filter.edge : filter.taps / 2 - 1;
}
