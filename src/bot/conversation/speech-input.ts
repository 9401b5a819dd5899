import { during } from '../../base/during.js';
import { JackfieldError } from '../../base/errors.js';
import { msToSamples, samplesToMs } from '../../base/pcm.js';
import { LiveTranscript } from '../../voice/transcript/live-transcript.js';
import type { Transcriber } from '../../voice/transcript/transcriber.js';
import type { CallContext } from '../call-context.js';
import { hearVoice, VOICE_ONSET_MS } from './hear-voice.js';
import { phraseIn } from './phrases.js';
import type { Cutter } from './say.js';

/** Something that the caller has said. */
export interface HeardSpeech {
  readonly text: string;
  /** The longest of the phrases that the text contains. */
  readonly phrase?: string;
  /** Language that was spoken, when the engine reports it. */
  readonly language?: string;
  /** Time from the first to the last word, in milliseconds. */
  readonly durationMs: number;
}

/** Options of a gathering that concern speech. */
export interface SpeechInputOptions {
  readonly phrases: readonly string[];
  /** Silence that ends an utterance, in milliseconds. */
  readonly pauseMs: number;
  /** Longest utterance, in milliseconds. */
  readonly maxMs: number;
}

/** Sound before the detected beginning that is also passed to the engine, in samples. */
const LEAD = msToSamples(VOICE_ONSET_MS + 200);
const WORD = /[\p{L}\p{N}]/u;

/** An utterance in progress. */
interface Utterance {
  readonly live: LiveTranscript;
  length: number;
}

/** Listens to a caller, one utterance after the other, and passes each to an engine. */
export class SpeechInput implements Disposable {
  /** Resolves to the first utterance that contains a word. @throws errors of the engine. */
  readonly heard: Promise<HeardSpeech>;
  readonly #context: CallContext;
  readonly #transcriber: Transcriber;
  readonly #options: SpeechInputOptions;
  readonly #stop: () => void;
  readonly #cutters = new Set<Parameters<Cutter>[0]>();
  readonly #quiet = new Set<() => void>();
  #tell!: (speech: HeardSpeech) => void;
  #fail!: (error: unknown) => void;
  #lead: Int16Array[] = [];
  #utterance: Utterance | undefined;
  #understanding = 0;
  #over = false;

  constructor(context: CallContext, transcriber: Transcriber, options: SpeechInputOptions) {
    this.#context = context;
    this.#transcriber = transcriber;
    this.#options = options;
    this.heard = new Promise((resolve, reject) => {
      this.#tell = resolve;
      this.#fail = reject;
    });
    // Nobody awaits the result when the caller has answered with keys.
    this.heard.catch(() => undefined);
    this.#stop = hearVoice(context, options.pauseMs, {
      onSamples: (samples) => this.#hear(samples),
      onEvent: (event) =>
        event.type === 'begin' ? this.#begin() : this.#end(event.speechEnd - event.speechBegin),
      onError: this.#fail,
    });
  }

  /** Calls `task` when there is no speech and none waits for the engine; at once when that is true now. */
  whenQuiet(task: () => void): () => void {
    if (!this.#utterance && this.#understanding === 0) task();
    else this.#quiet.add(task);
    return () => this.#quiet.delete(task);
  }

  /** Cuts a prompt at the first words. With an engine that reports words only at the end, cuts at a voice. */
  readonly cutter: Cutter = (cut) => {
    this.#cutters.add(cut);
    return () => this.#cutters.delete(cut);
  };

  [Symbol.dispose](): void {
    this.#over = true;
    this.#stop();
    this.#utterance?.live.giveUp(new JackfieldError('ERR_ABORTED', 'The transcript is no longer needed.'));
    this.#quiet.clear();
  }

  #hear(samples: Int16Array): void {
    const utterance = this.#utterance;
    if (utterance) {
      utterance.live.hear(samples);
      utterance.length += samples.length;
      if (samplesToMs(utterance.length) >= this.#options.maxMs) this.#end(utterance.length);
      return;
    }
    this.#lead.push(samples.slice());
    let length = this.#lead.reduce((sum, each) => sum + each.length, 0);
    while (length - (this.#lead[0]?.length ?? 0) >= LEAD) length -= this.#lead.shift()?.length ?? 0;
  }

  #begin(): void {
    if (this.#utterance) return;
    const { partials } = this.#transcriber;
    const { phrases } = this.#options;
    const live = new LiveTranscript(this.#transcriber, {
      language: this.#context.language(),
      ...(phrases.length > 0 && { phrases }),
      ...(partials && { onPartial: (text: string) => WORD.test(text) && this.#cut(text) }),
    });
    for (const samples of this.#lead.splice(0)) live.hear(samples);
    this.#utterance = { live, length: 0 };
    if (!partials) this.#cut();
  }

  #end(length: number): void {
    const utterance = this.#utterance;
    if (!utterance) return;
    this.#utterance = undefined;
    utterance.live.end();
    this.#understanding++;
    during(this.#context.clock, utterance.live.transcript)
      .then(({ text, language }) => {
        if (this.#over || !WORD.test(text)) return;
        const phrase = phraseIn(text, this.#options.phrases);
        this.#cut(text);
        this.#tell({
          text: text.trim(),
          ...(phrase !== undefined && { phrase }),
          ...(language !== undefined && { language }),
          durationMs: samplesToMs(length),
        });
      }, this.#fail)
      .finally(() => {
        this.#understanding--;
        if (!this.#utterance && this.#understanding === 0) for (const task of [...this.#quiet]) task();
      });
  }

  #cut(words?: string): void {
    for (const cut of [...this.#cutters]) cut({ by: 'voice', ...(words !== undefined && { words }) });
  }
}
