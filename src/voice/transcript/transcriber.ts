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
  readonly signal?: AbortSignal;
}

/** Text that an engine understood. */
export interface Transcript {
  /** Empty where nothing was said, or nothing understood. */
  readonly text: string;
  /** Of the language that was spoken, when the engine says so. */
  readonly language?: string;
}

/** An engine that turns speech into text. Calls may overlap. */
export interface Transcriber {
  /** As it is named in logs. */
  readonly name: string;
  /** True when it tells the text so far (`onPartial`). Default false. */
  readonly partials?: boolean;
  /**
   * Sees to it that it can work, before anything is begun that it is to listen to.
   * @throws when it cannot. Default: it always can.
   */
  ready?(): Promise<void>;
  /** @throws when it cannot be done; what was said then stays without a transcript. */
  transcribe(request: TranscriptRequest): Promise<Transcript>;
}
