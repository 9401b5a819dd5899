/** Counters of one redirected stream. All count samples. */
export interface StreamStats {
  /** Samples that came from the peer or the file, or went to it. */
  readonly moved: number;
  /** Input: samples of silence put in because the peer had sent nothing, also before its first sample and after its end. */
  readonly silenceFilled: number;
  /**
   * Input: what of that was put in while the peer was late, by up to 200 ms; a peer that sends nothing for longer has
   * paused.
   */
  readonly late: number;
  /** Output: samples that were not sent because the peer did not read. Input: samples left out to make up for silence. */
  readonly dropped: number;
}

/** A source of a user's outgoing voice. */
export interface VoiceSource {
  readonly stats: StreamStats;
  /** True when something has come and more can come (property VAA_INPUT_STATUS). */
  readonly active: boolean;
  /** True when nothing more comes: asked for again, it is opened anew. */
  readonly over: boolean;
  /** Fills `frame`; what is not there in time is silence. */
  read(frame: Int16Array): void | Promise<void>;
  close(): Promise<void>;
}

/** A destination of a user's incoming voice, or of the microphone's. */
export interface VoiceDestination {
  readonly stats: StreamStats;
  /** True when nothing more can go there: asked for again, it is opened anew. */
  readonly over: boolean;
  /** Port of the peer, where there is one, and samples that it gets before the next frame. */
  readonly reach?: { readonly port: number; readonly position: number };
  write(frame: Int16Array): void | Promise<void>;
  /** Flushes, then closes. */
  close(): Promise<void>;
}
