import type { PcmFormat } from '../../base/pcm.js';

/** Interleaved samples and their layout. */
export interface Speech {
  readonly samples: Int16Array;
  readonly format: PcmFormat;
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
  ready?(options: { readonly language: string; readonly signal?: AbortSignal }): Promise<void>;
  /** @param options.language BCP 47 code. */
  speak(text: string, options: { readonly language: string; readonly signal?: AbortSignal }): Promise<Speech>;
}
