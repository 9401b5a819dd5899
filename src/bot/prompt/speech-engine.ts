import type { PcmFormat, PcmSource } from '../../base/pcm.js';

/** Interleaved samples and their layout. */
export interface Speech {
  readonly samples: Int16Array;
  readonly format: PcmFormat;
}

/** Speech as it comes. The first samples are available while the rest is being made. */
export interface SpeechStream {
  /** Leaving the loop aborts the rest. */
  readonly samples: PcmSource;
  readonly format: PcmFormat;
}

/** Options of speaking a text. */
export interface SpeakOptions {
  /** BCP 47 code. */
  readonly language: string;
  /** Aborts the work when its result is not needed any more, since the caller interrupts or has hung up. */
  readonly signal?: AbortSignal;
}

/** Speaks text: a command, a library or a service. Its speech is cached by name, language and text. */
export interface SpeechEngine {
  /** Name, including everything that changes the voice: two engines with the same name must sound the same. */
  readonly name: string;
  /**
   * Checks that the engine can speak a language, before the first call. Default: not checked.
   *
   * @throws ERR_TOOL when a program or a voice is missing.
   */
  ready?(options: SpeakOptions): Promise<void>;
  speak(text: string, options: SpeakOptions): Promise<Speech>;
  /** Speaks as `speak` does, but resolves with the first samples. Default: playing begins when all of it is made. */
  stream?(text: string, options: SpeakOptions): Promise<SpeechStream>;
}
