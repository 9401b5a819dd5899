import type { AnalysisEvent } from '../../analysis/analysis-event.js';
import type { FencedEvents } from '../../base/listener/fenced-emitter.js';
import type { CallControl } from '../../call/call-control.js';
import type { VoiceListener } from '../../call/call-voice.js';
import type { CallRecording } from '../call-recording.js';
import type { SegmentResult } from '../file/segment.js';
import type { AfterCallsEvents } from '../masking/after-calls.js';
import type { OutboxEvent } from '../publication/outbox.js';
import type { AnalysedCall } from './analyse-recorded.js';

/** Records a call whose voice is opened by other code. Created by {@link Recorder.listen}. */
export interface RecorderListener extends Required<VoiceListener> {
  /** The recording. @throws ERR_INVALID_STATE until the call's voice is open. */
  readonly recording: CallRecording;
}

/** Events of a {@link Recorder}. */
export interface RecorderEvents extends FencedEvents, AfterCallsEvents {
  /** The recording of a call has started. With `begun` false it is held in memory until {@link Recorder.record}. */
  recording: [recording: CallRecording, begun: boolean];
  /** Event of the analysis of a call during its recording. */
  heard: [recording: CallRecording, event: AnalysisEvent];
  /** Report of a call that was analysed during its recording, at its end. */
  analysed: [recording: CallRecording, call: AnalysedCall];
  /** A file was published, with the files beside it. */
  published: [segment: SegmentResult];
  /** A recording was removed because it was too short or empty. */
  discarded: [segment: SegmentResult];
  /** A recording of a killed process was finished and published. */
  recovered: [segment: SegmentResult];
  /** The recording of one call, or the processing of one file, has failed. The recorder continues. */
  failed: [error: Error, call: CallControl | undefined];
  /** The hook or the webhook did not accept an event. `last` is true when it will not be tried again. */
  undelivered: [event: OutboxEvent, channel: string, error: Error, last: boolean];
}
