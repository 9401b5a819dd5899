import type { Span } from '../../analysis/speech-units.js';
import type { LegIndex } from '../../analysis/turns/turn-events.js';
import { partsOf } from '../../analysis/words/conversation-transcript.js';
import type { SaidPart } from '../../analysis/words/said-part.js';
import { asError, JackfieldError } from '../../base/errors.js';
import { msToSamples, VOICE_FORMAT } from '../../base/pcm.js';
import { waitFor } from '../../base/wait.js';
import { VoiceDetector, type VoiceEvent } from '../../voice/level/voice-detector.js';
import { concatSamples } from '../../voice/stage.js';
import type { Transcriber, Transcript } from '../../voice/transcript/transcriber.js';
import { Cuts, HeardWords, type Piece } from './heard-pieces.js';

/** Engine and callbacks for the utterances of a leg. */
export interface UtteranceListener {
  readonly transcriber: Transcriber;
  readonly language: string | undefined;
  /** Expected phrases, as a hint for the engine. */
  readonly phrases: readonly string[];
  /** Longest utterance, in samples. A longer one is transcribed in pieces that overlap. */
  readonly longest: number;
  /** True when a text may contain a part of a secret. */
  mayHavePart(text: string): boolean;
  /** Called with the transcribed speech. */
  said(parts: readonly SaidPart[]): void;
  /** Called when {@link Utterances.unknown} has changed. */
  doubted(): void;
  /** Called for each utterance on which the engine fails. */
  failed(error: Error): void;
}

/** A piece of an utterance without an answer of the engine. */
interface Asked extends Piece {
  readonly samples: Int16Array;
  readonly stop: AbortController;
}

/** Audio before the detected start of an utterance that belongs to it. */
const LEAD = msToSamples(300);
/** Audio that is kept before speech is detected. */
const KEPT = msToSamples(1000);
/** Time for which keys, words and what was not understood still count: a number may continue after them. */
export const MEMORY = msToSamples(120_000);
/** Longest pause within an utterance: numbers are spoken in groups. */
const PAUSE_MS = 500;

/**
 * Cuts the speech of one leg into utterances, and has an engine transcribe each. An utterance is undecided until the
 * engine answers. Silence is decided at once. Near a cut within an utterance, the answer of the piece decides that has
 * heard the words there whole.
 */
export class Utterances {
  readonly #leg: LegIndex;
  readonly #listener: UtteranceListener;
  readonly #detector: VoiceDetector;
  /** Position of the first sample. */
  #start: number | undefined;
  #kept: Int16Array[] = [];
  #keptFrom = 0;
  #end = 0;
  /** The current utterance, from its last cut on. */
  #current: Cuts | undefined;
  #asked: Asked[] = [];
  #unknown: Span[] = [];
  readonly #words: HeardWords;
  #work: Promise<void> = Promise.resolve();

  private constructor(leg: LegIndex, detector: VoiceDetector, listener: UtteranceListener) {
    this.#leg = leg;
    this.#detector = detector;
    this.#listener = listener;
    this.#words = new HeardWords((text) => listener.mayHavePart(text));
  }

  static async begin(leg: LegIndex, listener: UtteranceListener): Promise<Utterances> {
    const detector = await VoiceDetector.create({ mode: 0, hangoverMs: PAUSE_MS });
    return new Utterances(leg, detector, listener);
  }

  /** Takes the next samples of the leg; the first ones begin at `position`. */
  hear(samples: Int16Array, position: number): void {
    if (this.#start === undefined) {
      this.#start = position;
      this.#keptFrom = position;
      this.#end = position;
    }
    this.#kept.push(samples);
    this.#end += samples.length;
    for (const event of this.#detector.push(samples)) this.#take(event);
    if (this.#current && this.#end - this.#current.from >= this.#listener.longest) {
      const { piece, hole, rest } = this.#current.cut(this.#end);
      this.#ask(piece);
      this.#doubt([hole]);
      this.#current = rest;
    }
    this.#forget();
  }

  /** Speech of the last minutes that will not be transcribed. */
  get unknown(): readonly Span[] {
    return this.#unknown;
  }

  /** The stretches of [from, to) with speech that is not transcribed. */
  undecided(from: number, to: number): Span[] {
    const open = this.#current ? [{ from: this.#current.decided, to: this.#end }] : [];
    return [...this.#asked.map(({ decides }) => decides), ...this.#unknown, ...open]
      .map((span) => ({ from: Math.max(from, span.from), to: Math.min(to, span.to) }))
      .filter((span) => span.from < span.to);
  }

  /** Aborts the transcription of utterances before `position`. */
  giveUp(position: number): void {
    const late = this.#asked.filter(({ to }) => to <= position);
    this.#asked = this.#asked.filter(({ to }) => to > position);
    this.#unknown = this.#unknown.filter(({ to }) => to > position - MEMORY);
    this.#doubt(late.map(({ decides }) => decides));
    const error = new JackfieldError('ERR_TIMEOUT', 'The transcriber did not answer in time.');
    for (const { stop } of late) stop.abort(error);
  }

  /** Marks the end of the audio. Resolves when all utterances are transcribed or given up. */
  async end(): Promise<void> {
    for (const event of this.#detector.flush()) this.#take(event);
    await this.#work;
  }

  /** Aborts all transcriptions. */
  close(): void {
    this.giveUp(Number.POSITIVE_INFINITY);
    this.#detector[Symbol.dispose]();
  }

  #take(event: VoiceEvent): void {
    const start = this.#start ?? 0;
    if (event.type === 'begin') {
      const before = this.#asked.at(-1)?.to ?? start;
      this.#current = Cuts.begin(Math.max(this.#keptFrom, before, start + event.position - LEAD));
      return;
    }
    const current = this.#current ?? Cuts.begin(start + event.begin);
    this.#current = undefined;
    this.#ask(current.last(Math.min(this.#end, start + event.end)));
  }

  #ask(piece: Piece): void {
    const { from, to } = piece;
    if (from >= to) return;
    const all = concatSamples(this.#kept);
    const samples = all.slice(from - this.#keptFrom, to - this.#keptFrom);
    const asked: Asked = { ...piece, samples, stop: new AbortController() };
    this.#asked.push(asked);
    this.#work = this.#work.then(() => this.#understand(asked));
  }

  async #understand(asked: Asked): Promise<void> {
    const { from, samples, stop } = asked;
    if (stop.signal.aborted) return;
    const { transcriber, language, phrases, said, failed } = this.#listener;
    try {
      const request = {
        samples: once(samples),
        ...(language !== undefined && { language }),
        ...(phrases.length > 0 && { phrases }),
        signal: stop.signal,
      };
      // Ends in time also where the engine ignores its signal.
      const transcript = await waitFor<Transcript>({
        what: 'a transcript',
        ended: stop.signal,
        begin: (resolve, reject) => void transcriber.transcribe(request).then(resolve, reject),
      });
      const { text, segments } = transcript;
      const conversation = { sampleRate: VOICE_FORMAT.sampleRate, samples: samples.length };
      const parts = partsOf({ text, ...(segments && { segments }) }, this.#leg, conversation);
      const heard = this.#words.take(
        asked,
        parts.map((part) => moved(part, from)),
      );
      said(heard.said);
      this.#asked = this.#asked.filter((each) => each !== asked);
      this.#doubt(heard.unsure);
    } catch (error) {
      // The utterance stays undecided.
      if (this.#asked.includes(asked)) this.#doubt([asked.decides]);
      this.#asked = this.#asked.filter((each) => each !== asked);
      failed(asError(error));
    }
  }

  #doubt(spans: readonly Span[]): void {
    const some = spans.filter(({ from, to }) => from < to);
    if (some.length === 0) return;
    this.#unknown.push(...some);
    this.#listener.doubted();
  }

  /** Drops audio that belongs to no utterance. */
  #forget(): void {
    const least = Math.min(this.#current?.from ?? this.#end, this.#end - KEPT);
    for (let first = this.#kept[0]; first && this.#keptFrom + first.length <= least; first = this.#kept[0]) {
      this.#kept.shift();
      this.#keptFrom += first.length;
    }
  }
}

async function* once(samples: Int16Array): AsyncGenerator<Int16Array, void, void> {
  yield samples;
}

function moved(part: SaidPart, by: number): SaidPart {
  const place = <T extends Span>(span: T): T => ({ ...span, from: span.from + by, to: span.to + by });
  return { ...place(part), words: part.words.map(place) };
}
