/** Speech that is to be transcribed: a message, a recording, what a caller says to a bot. */
export interface TranscriptRequest {
  /** WAV file, 16 kHz mono; absent where the message is not, or not to be, on the disk in clear. */
  readonly file?: string;
  /** Its samples, 16 kHz mono. Read once at most; they may still be coming in, so they are read as they come. */
  readonly samples: AsyncIterable<Int16Array>;
  /** BCP 47, for example `en`; absent where it is not known. */
  readonly language?: string;
  /** Words that are expected, for engines that take hints. Others may come. */
  readonly phrases?: readonly string[];
  /** Takes the text so far, each time it changes, while the speech goes on; for an engine that has `partials`. */
  readonly onPartial?: (text: string) => void;
  /** Takes each part of the speech as soon as its text does not change any more; for an engine that has `segments`. */
  readonly onSegment?: (segment: TranscriptSegment) => void;
  readonly signal?: AbortSignal;
}

/** One word, and its place among the samples of the request: 16 kHz, counted from the first one. */
export interface TranscriptWord {
  readonly word: string;
  /** Its first sample. */
  readonly from: number;
  /** The sample after its last one. */
  readonly to: number;
  /** Probability that it is right, 0 to 1, when the engine says so. */
  readonly confidence?: number;
}

/** A part of what was said, with its place among the samples of the request. */
export interface TranscriptSegment {
  readonly text: string;
  readonly from: number;
  readonly to: number;
  /** Empty when the engine does not tell them. */
  readonly words: readonly TranscriptWord[];
}

/** Text that an engine understood. */
export interface Transcript {
  /** Empty where nothing was said, or nothing understood. */
  readonly text: string;
  /** Of the language that was spoken, when the engine says so. */
  readonly language?: string;
  /** Its parts in order, when the engine tells them. */
  readonly segments?: readonly TranscriptSegment[];
}

/** An engine that turns speech into text. Calls may overlap. */
export interface Transcriber {
  /** As it is named in logs. */
  readonly name: string;
  /** True when it tells the text so far (`onPartial`). Default false. */
  readonly partials?: boolean;
  /** True when it tells parts and their place (`onSegment`, `segments`). Default false. */
  readonly segments?: boolean;
  /**
   * Makes sure that it can work, before there is anything to listen to.
   * @throws when it cannot. Default: it always can.
   */
  ready?(): Promise<void>;
  /** @throws when it cannot be done; what was said then stays without a transcript. */
  transcribe(request: TranscriptRequest): Promise<Transcript>;
}
