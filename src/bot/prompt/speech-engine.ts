import type { PcmFormat, PcmSource } from '../../base/pcm.js';

/** Interleaved samples and their layout. */
export interface Speech {
  readonly samples: Int16Array;
  readonly format: PcmFormat;
}

/** Speech as it comes: its first samples are there while the rest is being made. */
export interface SpeechStream {
  /** Leaving the loop gives the rest up. */
  readonly samples: PcmSource;
  readonly format: PcmFormat;
}

/** Facts of a text for its engine. */
export interface SpeakOptions {
  /** BCP 47 code. */
  readonly language: string;
  /** Ends the work when its result is not needed any more: the caller interrupts, or has hung up. */
  readonly signal?: AbortSignal;
}

/** Something that speaks text: a command, a library, a service. What it says is cached by name, language and text. */
export interface SpeechEngine {
  /** With what distinguishes one voice from another: two engines of one name say the same. */
  readonly name: string;
  /**
   * Sees to it that it can speak a language, before the first call does. Default: nothing is asked.
   *
   * @throws ERR_TOOL where a program or a voice is missing.
   */
  ready?(options: SpeakOptions): Promise<void>;
  speak(text: string, options: SpeakOptions): Promise<Speech>;
  /** Speaks as `speak` does; resolves with the first samples. Default: what is said begins when all of it is made. */
  stream?(text: string, options: SpeakOptions): Promise<SpeechStream>;
}
