/** Speech to transcribe: a message, a recording, or the voice of a caller while a bot listens. */
export interface TranscriptRequest {
  /** WAV file, 16 kHz mono; absent when the speech is not on the disk, or must not be there unencrypted. */
  readonly file?: string;
  /** Its samples, 16 kHz mono. They can be read once, and may still be arriving. */
  readonly samples: AsyncIterable<Int16Array>;
  /** BCP 47, for example `en`; absent when it is not known. */
  readonly language?: string;
  /** Words that are expected, for engines that take hints. Other words may occur. */
  readonly phrases?: readonly string[];
  /** Takes the text so far, each time that it changes. Called by an engine that has `partials`. */
  readonly onPartial?: (text: string) => void;
  /** Takes each part of the speech as soon as its text is final. Called by an engine that has `segments`. */
  readonly onSegment?: (segment: TranscriptSegment) => void;
  readonly signal?: AbortSignal;
}

/** One word, with its place among the samples of the request: 16 kHz, counted from the first one. */
export interface TranscriptWord {
  readonly word: string;
  /** Its first sample. */
  readonly from: number;
  /** The sample after its last one. */
  readonly to: number;
  /** Probability that it is right, 0 to 1; absent when the engine does not give it. */
  readonly confidence?: number;
}

/** A part of what was said, with its place among the samples of the request. */
export interface TranscriptSegment {
  readonly text: string;
  readonly from: number;
  readonly to: number;
  /** Empty when the engine gives no words. */
  readonly words: readonly TranscriptWord[];
}

/** The text of some speech. */
export interface Transcript {
  /** Empty when nothing was said or nothing was understood. */
  readonly text: string;
  /** Language that was spoken; absent when the engine does not give it. */
  readonly language?: string;
  /** Its parts in order; absent when the engine gives none. */
  readonly segments?: readonly TranscriptSegment[];
}

/** An engine that turns speech into text. Calls may overlap. */
export interface Transcriber {
  /** Its name in logs. */
  readonly name: string;
  /** True when it calls `onPartial`. Default false. */
  readonly partials?: boolean;
  /** True when it calls `onSegment` and gives `segments`. Default false. */
  readonly segments?: boolean;
  /**
   * Checks that the engine can work, before there is anything to transcribe. Default: no check.
   * @throws when it cannot.
   */
  ready?(): Promise<void>;
  /** Transcribes speech. @throws when it cannot; the speech then has no transcript. */
  transcribe(request: TranscriptRequest): Promise<Transcript>;
}
