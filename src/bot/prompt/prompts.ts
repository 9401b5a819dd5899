import {
  signal as abortSignal,
  path as aPath,
  checkArgument,
  checkOptions,
  having,
  line,
  listOf,
  object,
  type Rules,
  rule,
  words,
} from '../../base/check.js';
import { invalidArgument, JackfieldError, messageOf } from '../../base/errors.js';
import { msToSamples, VOICE_FORMAT } from '../../base/pcm.js';
import { toFormat } from '../../voice/convert/to-format.js';
import { collectSamples, concatSamples } from '../../voice/stage.js';
import { toneSamples } from '../../voice/tone/tone-samples.js';
import { english } from '../language/english.js';
import { estonian } from '../language/estonian.js';
import { french } from '../language/french.js';
import { german } from '../language/german.js';
import { spanish } from '../language/spanish.js';
import type { SpokenLanguage } from '../language/spoken-language.js';
import { SHORT_PAUSE, type SpokenWord, textOf } from '../language/spoken-word.js';
import { AudioCache } from './audio-cache.js';
import { PromptFolder } from './prompt-folder.js';
import { SPEAKABLE, type Speakable, type SpokenPart, spokenParts } from './speakable.js';
import type { SpeechEngine } from './speech-engine.js';
import { wordsOfPart } from './words-of-part.js';

/** Options of {@link Prompts.open}. */
export interface PromptsOptions {
  /** Folder of audio files of any format. Default: none. */
  readonly folder?: string;
  /** Folder in which converted audio and speech are kept between runs. Default: in memory only. */
  readonly cacheFolder?: string;
  /** Engine for texts and everything that has no recording. Default: none; only recordings can be said. */
  readonly engine?: SpeechEngine;
  /** Language of a call that sets no other. Default `en`. */
  readonly language?: string;
  /**
   * Languages in which numbers, amounts, dates and so on can be said. Default: English, German, French, Spanish and
   * Estonian.
   */
  readonly languages?: readonly SpokenLanguage[];
}

export interface SayingOptions {
  readonly language?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Fires when nobody listens any more. Speech that is being made for this listener only is then aborted. */
  readonly unheard?: AbortSignal | undefined;
}

const RULES: Rules<PromptsOptions> = {
  folder: aPath,
  cacheFolder: aPath,
  engine: having('speak'),
  language: line(1, 100),
  languages: listOf(object),
};

const SAYING_RULES: Rules<SayingOptions> = {
  language: line(1, 100),
  signal: abortSignal,
  unheard: abortSignal,
};
const LIST = rule('a list of prompts', Array.isArray);

/** Silence between groups of a phone number. */
const PAUSE = new Int16Array(msToSamples(250));
const SILENCE_CHUNK = new Int16Array(VOICE_FORMAT.sampleRate);

/** Renders speech to samples: recordings, tones, text, and numbers and dates made of parts. */
export class Prompts {
  /** The language of a call that sets no other. */
  readonly language: string;
  readonly #folder: PromptFolder | undefined;
  readonly #cache: AudioCache;
  readonly #engine: SpeechEngine | undefined;
  readonly #languages: readonly SpokenLanguage[];

  private constructor(options: PromptsOptions, folder: PromptFolder | undefined) {
    this.language = options.language ?? 'en';
    this.#folder = folder;
    this.#engine = options.engine;
    this.#cache = new AudioCache(options.cacheFolder === undefined ? {} : { folder: options.cacheFolder });
    this.#languages = options.languages ?? [english, german, french, spanish, estonian];
  }

  /** @throws ERR_FILE when the folder cannot be read. */
  static async open(options: PromptsOptions = {}): Promise<Prompts> {
    checkOptions(options, RULES);
    const folder = options.folder === undefined ? undefined : await PromptFolder.open(options.folder);
    return new Prompts(options, folder);
  }

  /** Names of all recorded prompts. */
  get names(): readonly string[] {
    return this.#folder?.names ?? [];
  }

  /** Number of times that audio was converted or speech was made, because it was not cached. */
  get conversions(): number {
    return this.#cache.conversions;
  }

  /** True when there is a recording, in this language or without a language. */
  has(name: string, language: string = this.language): boolean {
    checkArgument('name', name, words);
    checkArgument('language', language, words);
    return this.#folder?.find(name, language) !== undefined;
  }

  /**
   * Loads everything that a call would otherwise wait for.
   *
   * @throws as {@link render}, with the errors of all parts at once.
   */
  async preload(what: readonly Speakable[], options: SayingOptions = {}): Promise<void> {
    checkArgument('what', what, LIST);
    checkOptions(options, SAYING_RULES);
    throwTogether(await this.#eachPart(what, (part) => this.#samples(part, options)));
  }

  /**
   * Finds faults: recordings that are missing or cannot be read, an engine that is missing or not ready. Reads the
   * recordings; the engine speaks nothing.
   */
  async faults(what: readonly Speakable[], options: SayingOptions = {}): Promise<readonly JackfieldError[]> {
    checkArgument('what', what, LIST);
    checkOptions(options, SAYING_RULES);
    return await this.#eachPart(what, (part) => this.#prove(part, options));
  }

  /** Checks that all of this can be said. @throws the errors that {@link faults} finds, all at once. */
  async ready(what: readonly Speakable[], options: SayingOptions = {}): Promise<void> {
    throwTogether(await this.faults(what, options));
  }

  /**
   * Yields the samples, 16 kHz mono, as they come.
   *
   * @throws ERR_INVALID_ARG for a value that cannot be said, or a prompt without a recording or an engine; ERR_FILE,
   * ERR_WAV, ERR_TOOL for files and engines that fail.
   */
  render(what: Speakable, options: SayingOptions = {}): AsyncGenerator<Int16Array> {
    checkArgument('what', what, SPEAKABLE);
    checkOptions(options, SAYING_RULES);
    return this.#render(what, options);
  }

  async *#render(what: Speakable, options: SayingOptions): AsyncGenerator<Int16Array> {
    for (const part of spokenParts(what)) {
      if (isStream(part)) yield* toFormat(part.stream, part.format ?? VOICE_FORMAT, VOICE_FORMAT);
      else if (isSilence(part)) yield* silence(part.silence);
      else if (isLoop(part)) for (;;) yield* this.#once(part.loop, options);
      else yield* this.#part(part, options);
    }
  }

  /** Yields the samples of a part. Speech of an engine that streams comes while it is made. */
  async *#part(part: SpokenPart, options: SayingOptions): AsyncGenerator<Int16Array> {
    const text = this.#engine?.stream && this.#textOf(part, options.language ?? this.language);
    if (text === undefined) yield await this.#samples(part, options);
    else yield* this.#spokenStream(text, options);
  }

  /**
   * Returns the text that the engine has to speak for a part; undefined when there are recordings, or nothing is
   * spoken.
   */
  #textOf(part: SpokenPart, language: string): string | undefined {
    if (part instanceof Int16Array || typeof part === 'string') return undefined;
    if ('text' in part) return part.text;
    const words = this.#wordsOf(part, language);
    const source = words && this.#sourceOf(words, language);
    return source && 'text' in source ? source.text : undefined;
  }

  /** Resolves to all samples. @throws as {@link render}; ERR_INVALID_ARG for a loop, which has no end. */
  async samples(what: Speakable, options: SayingOptions = {}): Promise<Int16Array> {
    checkArgument('what', what, SPEAKABLE);
    if (spokenParts(what).some(isLoop)) throw invalidArgument('what', 'a prompt that ends', 'a loop');
    return await collectSamples(this.render(what, options));
  }

  /** Yields one turn of a loop. @throws ERR_INVALID_ARG when it is empty and would run forever. */
  async *#once(what: Speakable, options: SayingOptions): AsyncGenerator<Int16Array> {
    let length = 0;
    for await (const samples of this.render(what, options)) {
      length += samples.length;
      yield samples;
    }
    if (length === 0) throw invalidArgument('loop', 'a prompt that is not empty', what);
  }

  async #samples(part: SpokenPart, options: SayingOptions): Promise<Int16Array> {
    if (part instanceof Int16Array) return part;
    const language = options.language ?? this.language;
    if (typeof part === 'string') return await this.#words([{ prompt: part, text: '' }], options);
    if ('file' in part) return await this.#cache.file(part.file);
    if ('tone' in part) {
      const frequency = typeof part.tone === 'number' ? part.tone : ([...part.tone] as const);
      return toneSamples({ frequency, durationMs: part.ms, levelDbfs: part.levelDbfs ?? -12 });
    }
    if ('text' in part) return await this.#speak(part.text, options);
    const words = this.#wordsOf(part, language);
    if (words) return await this.#words(words, options);
    // Streams, silences and loops need no preparation.
    return new Int16Array();
  }

  /** Returns the words of a prompt's name, a number, a date and so on; undefined for other parts. */
  #wordsOf(part: SpokenPart, language: string): readonly SpokenWord[] | undefined {
    return wordsOfPart(part, () => this.#spoken(language));
  }

  async #words(words: readonly SpokenWord[], options: SayingOptions): Promise<Int16Array> {
    const source = this.#sourceOf(words, options.language ?? this.language);
    if ('text' in source) return await this.#speak(source.text, options);
    const read = (file: string | undefined) => (file === undefined ? PAUSE : this.#cache.file(file));
    return concatSamples(await Promise.all(source.files.map(read)));
  }

  /**
   * Returns recordings when every word has one. Otherwise the engine says everything, which sounds better than a
   * mixture.
   */
  #sourceOf(
    words: readonly SpokenWord[],
    language: string,
  ): { readonly files: readonly (string | undefined)[] } | { readonly text: string } {
    const find = (word: SpokenWord) =>
      word === SHORT_PAUSE ? undefined : this.#folder?.find(word.prompt, language);
    const files = words.map(find);
    const missing = words.filter((word, index) => word !== SHORT_PAUSE && files[index] === undefined);
    if (missing.length === 0) return { files };
    const text = textOf(words);
    if (this.#engine && missing.every((word) => word.text !== '')) return { text };
    const names = [...new Set(missing.map(({ prompt }) => prompt))].join(', ');
    throw new JackfieldError(
      'ERR_INVALID_ARG',
      `There is no recording of ${names} in language ${language}${text.trim() === '' ? '' : ', and no speech engine'}: ` +
        `add the file to the folder of prompts.`,
    );
  }

  /** Checks a part as {@link #samples} does, without speaking. */
  async #prove(part: SpokenPart, options: SayingOptions): Promise<void> {
    if (part instanceof Int16Array || isStream(part)) return;
    if (isLoop(part)) return throwTogether(await this.faults([part.loop], options));
    const language = options.language ?? this.language;
    const words = this.#wordsOf(part, language);
    const isText = typeof part === 'object' && 'text' in part;
    if (isText || (words && 'text' in this.#sourceOf(words, language))) {
      await this.#engineFor(isText ? part.text : '').ready?.({
        language,
        ...(options.signal && { signal: options.signal }),
      });
    } else await this.#samples(part, options);
  }

  async #eachPart(
    what: readonly Speakable[],
    work: (part: SpokenPart) => Promise<unknown>,
  ): Promise<JackfieldError[]> {
    const errors: JackfieldError[] = [];
    for (const speakable of what) {
      try {
        for (const part of spokenParts(speakable)) {
          await work(part).catch((error: unknown) => errors.push(asJackfieldError(error)));
        }
      } catch (error) {
        errors.push(asJackfieldError(error));
      }
    }
    return errors;
  }

  async #speak(text: string, { language = this.language, signal }: SayingOptions): Promise<Int16Array> {
    const engine = this.#engineFor(text);
    const limits = signal ? { language, signal } : { language };
    return await this.#cache.keep(JSON.stringify([engine.name, language, text]), () =>
      engine.speak(text, limits),
    );
  }

  /** Speaks for one listener, which may stop listening. */
  #spokenStream(text: string, { language = this.language, signal, unheard }: SayingOptions) {
    const engine = this.#engineFor(text);
    const ends = [signal, unheard].filter((each) => each !== undefined);
    const limits = ends.length > 0 ? { language, signal: AbortSignal.any(ends) } : { language };
    const make = () =>
      engine.stream?.(text, limits) ?? Promise.reject(new TypeError('The speech engine does not stream.'));
    return this.#cache.stream(JSON.stringify([engine.name, language, text]), make);
  }

  /** Returns the engine. @throws ERR_INVALID_ARG when there is none. */
  #engineFor(text: string): SpeechEngine {
    if (this.#engine) return this.#engine;
    throw new JackfieldError(
      'ERR_INVALID_ARG',
      `“${text}” needs a speech engine: open the prompts with one.`,
    );
  }

  #spoken(language: string): SpokenLanguage {
    const [base] = language.split('-');
    const found =
      this.#languages.find(({ code }) => code === language) ??
      this.#languages.find(({ code }) => code === base);
    if (found) return found;
    const known = this.#languages.map(({ code }) => code).join(', ');
    throw invalidArgument('language', `a language with rules for numbers (${known})`, language);
  }
}

function asJackfieldError(error: unknown): JackfieldError {
  if (error instanceof JackfieldError) return error;
  return new JackfieldError('ERR_INVALID_ARG', messageOf(error), { cause: error });
}

/** Throws the only error, or one with all messages; nothing when there is none. */
function throwTogether(errors: readonly JackfieldError[]): void {
  const [first, ...others] = errors;
  if (!first) return;
  const messages = [...new Set(errors.map(({ message }) => message))];
  if (others.length === 0 || messages.length === 1) throw first;
  throw new JackfieldError(first.code, messages.join('\n'), { cause: new AggregateError(errors) });
}

function isStream(part: SpokenPart): part is Extract<SpokenPart, { stream: unknown }> {
  return typeof part === 'object' && 'stream' in part;
}

function isSilence(part: SpokenPart): part is { readonly silence: number } {
  return typeof part === 'object' && 'silence' in part;
}

function isLoop(part: SpokenPart): part is { readonly loop: Speakable } {
  return typeof part === 'object' && 'loop' in part;
}

/** Yields silence in pieces, so that a long one needs no large array. */
function* silence(ms: number): Generator<Int16Array> {
  let left = Math.round((ms * VOICE_FORMAT.sampleRate) / 1000);
  for (; left > SILENCE_CHUNK.length; left -= SILENCE_CHUNK.length) yield SILENCE_CHUNK;
  if (left > 0) yield SILENCE_CHUNK.subarray(0, left);
}
