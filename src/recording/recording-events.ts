import type { FencedEvents } from '../base/listener/fenced-emitter.js';
import type { Level } from '../voice/level/level-meter.js';
import type { SegmentResult } from './file/segment.js';
import type { MaskSpan } from './masking/mask-spans.js';

/** Progress of a recording. */
export interface RecordingProgress {
  /** Length so far, in milliseconds. */
  readonly positionMs: number;
  /** Over the last 100 ms. */
  readonly local: Level;
  readonly remote: Level;
}

/** Events of a recording. */
export interface RecordingEvents extends FencedEvents {
  /** Each 100 ms of audio. */
  progress: [progress: RecordingProgress];
  /** A file of the recording is complete. */
  segment: [segment: SegmentResult];
  /**
   * The disk refused samples, or the file was deleted: the file that was being written ends there. The call goes on.
   */
  'disk-full': [error: Error];
  /** A new file that was due could not be begun: the recording goes on in the one before, with a mark that says why. */
  'segment-refused': [error: Error];
  /** There is room again; a new file has begun. */
  'disk-resumed': [];
  /** The recording has reached its limit. */
  limit: [];
  /** Audio is masked from now on, or let through again. */
  paused: [paused: boolean];
  /**
   * A stretch was masked by a rule of `mask`, and is written as silence. Its place is counted from the beginning of the
   * recording, as {@link RecordingProgress.positionMs} is.
   */
  masked: [stretch: MaskSpan];
  /** The transcriber of `mask` did not understand an utterance: that is masked. */
  'mask-failed': [error: Error];
}
