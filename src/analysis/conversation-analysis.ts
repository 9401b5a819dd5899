import { checkArgument, listOf, object, type Rule, rule } from '../base/check.js';
import { entryOf } from '../base/entry-of.js';
import { invalidArgument, JackfieldError } from '../base/errors.js';
import type { LineQuality } from '../base/line-quality.js';
import { SAMPLES } from '../base/pcm.js';
import type { LedgerSpan } from '../stream/align/ledger.js';
import type { AnalysisEvent } from './analysis-event.js';
import type { AnalysisReport } from './analysis-report.js';
import {
  type ConversationOptions,
  type ResolvedConversation,
  resolveConversation,
} from './conversation-options.js';
import { EchoMeter } from './leg/echo-meter.js';
import { LegAnalysis } from './leg/leg-analysis.js';
import { SoundMeter } from './leg/sound-meter.js';
import { NeuralFrames } from './neural/neural-frames.js';
import { loadNetwork } from './neural/neural-model.js';
import { reportOf } from './report-of.js';
import { TalkWatch } from './turns/talk-watch.js';
import { type LegIndex, legOf } from './turns/turn-events.js';
import type { SaidPart } from './words/said-part.js';
import { SpokenWords } from './words/spoken-words.js';
import { withWords } from './words/with-words.js';

const LEGS = listOf(SAMPLES);
const QUALITY = rule('the quality of a line: { codec, scale, basis, ... }', (value) =>
  ['codec', 'scale', 'basis'].every((name) => typeof entryOf<unknown>(Object(value), name) === 'string'),
);
/**
 * Length of the pieces in which all legs are analysed. It is fixed, so that the order of events does not depend on the
 * input.
 */
const PIECE_MS = 100;
const FRAME_MS = 10;

/**
 * Measures a conversation as its audio comes, from live calls and from files. The results do not depend on how the
 * audio was cut into pieces.
 *
 * ```ts
 * const analysis = new ConversationAnalysis();
 * for await (const { local, remote } of call.legs())
 *   for (const event of analysis.push([local, remote])) console.log(event);
 * analysis.end();
 * console.log(analysis.report().talk.transferOffsetsMs);
 * ```
 */
export class ConversationAnalysis {
  readonly options: ResolvedConversation;
  readonly #legs: readonly LegAnalysis[];
  readonly #sound: SoundMeter;
  readonly #echoes: readonly EchoMeter[];
  readonly #ledgers: readonly LedgerSpan[][];
  readonly #qualities: (LineQuality | undefined)[] = [];
  readonly #watch: TalkWatch;
  readonly #words: SpokenWords;
  /** Samples of each leg that were not analysed yet, and the samples of a whole piece. */
  readonly #pieces: readonly Int16Array[];
  readonly #piece: number;
  #filled = 0;
  #position = 0;
  #isOver = false;

  /**
   * @throws ERR_INVALID_ARG for an option out of range; ERR_TOOL, ERR_FILE, ERR_UNSUPPORTED for the neural detector.
   */
  constructor(options: ConversationOptions = {}) {
    this.options = resolveConversation(options);
    const { legs, sampleRate, speechDetector, speechModel } = this.options;
    const network = speechDetector === 'neural' ? loadNetwork(speechModel) : undefined;
    const leg = () => new LegAnalysis(sampleRate, network && new NeuralFrames(network));
    this.#legs = Array.from({ length: legs }, leg);
    this.#sound = new SoundMeter(legs, sampleRate);
    this.#ledgers = this.#legs.map(() => []);
    const [first, second] = this.#legs;
    this.#echoes =
      first && second
        ? [new EchoMeter(second.bands, first.bands), new EchoMeter(first.bands, second.bands)]
        : [];
    this.#watch = new TalkWatch(this.options);
    this.#words = new SpokenWords(this.options);
    const piece = Math.round((PIECE_MS * sampleRate) / 1000);
    this.#piece = piece;
    this.#pieces = this.#legs.map(() => new Int16Array(piece));
  }

  /** Samples of each leg that were pushed. */
  get position(): number {
    return this.#position + this.#filled;
  }

  /**
   * Milliseconds since the last speech, tone, key or music on either leg; 0 while there is one. The newest 250 ms do
   * not count, because speech in them is not decided on yet.
   */
  get silentMs(): number {
    const { heardUntil } = this.#watch;
    const decided = Math.min(...this.#legs.map((leg) => leg.decided));
    if (heardUntil === undefined || this.#legs.some((leg) => leg.isSounding)) return 0;
    const last = Math.max(heardUntil, ...this.#legs.map((leg) => leg.soundedUntil));
    return (Math.max(0, decided - last) * 1000) / this.options.sampleRate;
  }

  /**
   * Takes the next samples: one array for each leg, all of one length. Samples at the same index were simultaneous.
   * Returns the events that have become certain.
   *
   * @throws ERR_INVALID_ARG for another number of legs, or legs of different length; ERR_INVALID_STATE after `end`.
   */
  push(legs: readonly Int16Array[]): AnalysisEvent[] {
    checkArgument('legs', legs, LEGS);
    const [{ length = 0 } = {}] = legs;
    if (legs.length !== this.#legs.length || legs.some((leg) => leg.length !== length)) {
      throw invalidArgument(
        'legs',
        `${this.#legs.length} arrays of equal length`,
        legs.map((leg) => leg.length),
      );
    }
    if (this.#isOver) throw new JackfieldError('ERR_INVALID_STATE', 'The analysis was ended.');
    const events: AnalysisEvent[] = [];
    for (let at = 0; at < length; ) {
      const part = Math.min(length - at, this.#piece - this.#filled);
      for (let leg = 0; leg < legs.length; leg++) {
        const samples = legs[leg] as Int16Array;
        this.#pieces[leg]?.set(part === length ? samples : samples.subarray(at, at + part), this.#filled);
      }
      at += part;
      this.#filled += part;
      if (this.#filled === this.#piece) this.#take(events);
    }
    return events;
  }

  /**
   * Notes that a stretch of a leg is on hold, masked or missing, as the ledger of a recording says.
   *
   * @throws ERR_INVALID_ARG
   */
  note(leg: LegIndex, span: LedgerSpan): void {
    checkArgument('leg', leg, this.#leg);
    checkArgument('span', span, object);
    if (span.kind !== 'received') this.#ledgers[leg]?.push(span);
  }

  /**
   * Takes final words of a leg, in the order in which they were said; also after {@link end}. Returns them as events,
   * with the keywords among them.
   *
   * @throws ERR_INVALID_ARG for a value that is not a part of this conversation.
   */
  say(part: SaidPart): AnalysisEvent[] {
    return this.#words.take(part);
  }

  /**
   * Notes that the transcriber failed on a leg, so that figures of its words cannot be computed.
   *
   * @throws ERR_INVALID_ARG
   */
  wordsFailed(leg: LegIndex): void {
    this.#words.fail(leg);
  }

  /** Notes the quality of the line of a leg. The last call counts. @throws ERR_INVALID_ARG */
  noteQuality(leg: LegIndex, quality: LineQuality): void {
    checkArgument('leg', leg, this.#leg);
    checkArgument('quality', quality, QUALITY);
    this.#qualities[leg] = quality;
  }

  /** Ends the conversation. Returns the events that were still open. Does nothing the second time. */
  end(): AnalysisEvent[] {
    if (this.#isOver) return [];
    this.#isOver = true;
    const events: AnalysisEvent[] = [];
    if (this.#filled > 0) this.#take(events);
    for (const [leg, each] of this.#legs.entries()) this.#watch.take(leg as LegIndex, each.end(), events);
    this.#watch.end(this.#position, events);
    return events;
  }

  /** Returns the figures so far; final after {@link end}. */
  report(): AnalysisReport {
    const report = reportOf({
      options: this.options,
      legs: this.#legs,
      levels: this.#sound.legs,
      ledgers: this.#ledgers,
      qualities: this.#qualities,
      echoes: this.#echoes.map((echo) => echo.read()),
    });
    return withWords(report, this.#words.transcript(), { keywords: this.options.keywords });
  }

  get #leg(): Rule {
    return legOf(this.#legs.length);
  }

  /** Hands the filled part of the piece to the legs. */
  #take(events: AnalysisEvent[]): void {
    const isWhole = this.#filled === this.#piece;
    const pieces = isWhole ? this.#pieces : this.#pieces.map((piece) => piece.subarray(0, this.#filled));
    this.#sound.take(pieces);
    for (const [index, leg] of this.#legs.entries()) {
      this.#watch.take(index as LegIndex, leg.push(pieces[index] as Int16Array), events);
      this.#watch.level(index as LegIndex, this.#sound.legs[index]?.samples.newestSquares ?? 0);
    }
    for (const [leg, echo] of this.#echoes.entries()) if (echo.look()) this.#tellEcho(leg, echo);
    this.#position += this.#filled;
    this.#filled = 0;
    this.#watch.advance(this.#position, Math.min(...this.#legs.map((leg) => leg.decided)), events);
  }

  /** Tells a leg the echo of the other that it carries, so that it does not count as its own speech. */
  #tellEcho(index: number, echo: EchoMeter): void {
    const [leg, other] = [this.#legs[index], this.#legs[1 - index]];
    const heard = echo.read();
    if (!leg || !other) return;
    leg.echo = heard
      ? { source: other.bands, delay: Math.round(heard.delayMs / FRAME_MS), gain: 10 ** (heard.levelDb / 10) }
      : undefined;
  }
}
