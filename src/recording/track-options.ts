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
  /** On a full disk: whether to begin a new file when there is room again. */
  readonly resumeWhenRoom: boolean;
  /** Masks while the call goes on. */
  readonly mask?: LiveMask | undefined;
  /** Audio kept from before `begin`, in milliseconds; nothing to begin at once. */
  readonly preRollMs: number | undefined;
  /** Opens the file of a segment that begins at `base`. */
  open(index: number, base: number, unwritten: number): Promise<Segment>;
  /** True when there is room for a new file. */
  hasRoom(): Promise<boolean>;
  gapName(leg: LegName, begun: boolean): GapName;
  /** Names what the stream of a leg has left out between two of its positions. */
  holes?(leg: LegName, from: number, to: number): readonly StreamGap[];
  /** Facts for the sidecar of a segment. */
  facts(): Pick<SidecarFacts, 'call' | 'traffic' | 'microphone' | 'tags' | 'quality'>;
}
