/** Statistics of one redirected stream. All values count samples. */
export interface StreamStats {
  /** Samples received from the peer or the file, or sent to it. */
  readonly moved: number;
  /**
   * Input: samples of silence put in because the peer had sent nothing. Silence before its first sample and after its
   * end is included.
   */
  readonly silenceFilled: number;
  /**
   * Input: the part of that silence that was put in while the peer was late by up to 200 ms. A peer that sends nothing
   * for longer has paused.
   */
  readonly late: number;
  /** Output: samples not sent because the peer did not read. Input: samples left out to catch up after silence. */
  readonly dropped: number;
}

/** A source of a user's outgoing voice. */
export interface VoiceSource {
  readonly stats: StreamStats;
  /** True when samples have arrived and more can arrive (property VAA_INPUT_STATUS). */
  readonly active: boolean;
  /** True when no more samples will arrive. If it is requested again, it is opened anew. */
  readonly over: boolean;
  /** Fills `frame`. Samples that are not there in time are silence. */
  read(frame: Int16Array): void | Promise<void>;
  close(): Promise<void>;
}

/** A destination of a user's incoming voice, or of the microphone's. */
export interface VoiceDestination {
  readonly stats: StreamStats;
  /** True when nothing more can be written. If it is requested again, it is opened anew. */
  readonly over: boolean;
  /** Port of the peer, if any, and the number of samples sent to it before the next frame. */
  readonly reach?: { readonly port: number; readonly position: number };
  write(frame: Int16Array): void | Promise<void>;
  /** Flushes and closes it. */
  close(): Promise<void>;
}
