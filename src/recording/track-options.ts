import type { Clock } from '../base/time/clock.js';
import type { GapName, LegName, StreamGap } from '../stream/align/ledger.js';
import type { LegAlignerOptions } from '../stream/align/leg-aligner.js';
import type { Segment } from './file/segment.js';
import type { SegmentRules } from './file/segment-rule.js';
import type { LiveMask } from './masking/live-mask.js';
import type { SidecarFacts } from './sidecar.js';

/** Options of a `RecordingTrack`. */
export interface TrackOptions extends LegAlignerOptions {
  readonly clock: Clock;
  readonly rules: SegmentRules;
  /** Longest recording, in milliseconds. */
  readonly maxMs: number | undefined;
  /** True to start a new file when a full disk has free space again. */
  readonly resumeWhenRoom: boolean;
  /** Live masking. */
  readonly mask?: LiveMask | undefined;
  /** Audio kept from before `begin`, in milliseconds; undefined to start at once. */
  readonly preRollMs: number | undefined;
  /** Opens the segment that begins at `base`. */
  open(index: number, base: number, unwritten: number): Promise<Segment>;
  /** True when there is enough free space for a new file. */
  hasRoom(): Promise<boolean>;
  gapName(leg: LegName, begun: boolean): GapName;
  /** Gaps that the stream of a leg reports between two of its positions. */
  holes?(leg: LegName, from: number, to: number): readonly StreamGap[];
  /** Facts for the sidecar of a segment. */
  facts(): Pick<SidecarFacts, 'call' | 'traffic' | 'microphone' | 'tags' | 'quality'>;
}
