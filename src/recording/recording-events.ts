import type { FencedEvents } from '../base/listener/fenced-emitter.js';
import type { Level } from '../voice/level/level-meter.js';
import type { SegmentResult } from './file/segment.js';
import type { MaskSpan } from './masking/mask-spans.js';

/** Progress of a recording. */
export interface RecordingProgress {
  /** Length so far, in milliseconds. */
  readonly positionMs: number;
  /** Level over the last 100 ms. */
  readonly local: Level;
  readonly remote: Level;
}

/** Events of a recording. */
export interface RecordingEvents extends FencedEvents {
  /** Emitted for each 100 ms of audio. */
  progress: [progress: RecordingProgress];
  /** A file of the recording is complete. */
  segment: [segment: SegmentResult];
  /** A write failed, or the file was deleted: the current file ends there. The call continues. */
  'disk-full': [error: Error];
  /** A new file could not be created: the recording continues in the current file, with a mark that has the reason. */
  'segment-refused': [error: Error];
  /** There is free space again; a new file was started. */
  'disk-resumed': [];
  /** The recording has reached `maxMs`. */
  limit: [];
  /** The recording was paused (masked) or resumed. */
  paused: [paused: boolean];
  /**
   * A stretch was masked by a rule of `mask`, and is written as silence. Its position counts from the beginning of the
   * recording, as {@link RecordingProgress.positionMs}.
   */
  masked: [stretch: MaskSpan];
  /** The transcriber of `mask` failed on an utterance, which is masked. */
  'mask-failed': [error: Error];
}
