import type { AnalysisEvent } from '../../analysis/analysis-event.js';
import type { FencedEvents } from '../../base/listener/fenced-emitter.js';
import type { CallControl } from '../../call/call-control.js';
import type { VoiceListener } from '../../call/call-voice.js';
import type { CallRecording } from '../call-recording.js';
import type { SegmentResult } from '../file/segment.js';
import type { AfterCallsEvents } from '../masking/after-calls.js';
import type { OutboxEvent } from '../publication/outbox.js';
import type { AnalysedCall } from './analyse-recorded.js';

/** Records a call whose voice another part of the program opens. Made by {@link Recorder.listen}. */
export interface RecorderListener extends Required<VoiceListener> {
  /** The recording. @throws ERR_INVALID_STATE until the call's voice is open. */
  readonly recording: CallRecording;
}

/** Events of a {@link Recorder}. */
export interface RecorderEvents extends FencedEvents, AfterCallsEvents {
  /** A call is being recorded, or held in memory until {@link Recorder.record}. */
  recording: [recording: CallRecording, begun: boolean];
  /** Something was heard of a call that is analysed while it is recorded. */
  heard: [recording: CallRecording, event: AnalysisEvent];
  /** A call that was analysed while it was recorded has ended. */
  analysed: [recording: CallRecording, call: AnalysedCall];
  /** A file is where it belongs, with all that lies beside it. */
  published: [segment: SegmentResult];
  /** A recording was too short, or empty, and was removed. */
  discarded: [segment: SegmentResult];
  /** A recording of a process that was killed was finished and published. */
  recovered: [segment: SegmentResult];
  /** Something went wrong with the recording of one call, or with one file. The recorder goes on. */
  failed: [error: Error, call: CallControl | undefined];
  /** The hook or the webhook did not take an event; `last` when it will not be tried again. */
  undelivered: [event: OutboxEvent, channel: string, error: Error, last: boolean];
}
