import type { PressedKey } from '../../analysis/leg/leg-analysis.js';
import type { Span } from '../../analysis/speech-units.js';
import { type FoundSecret, MAX_GAP_MS, MaskFinder, type MaskRule } from '../../analysis/words/mask-finder.js';
import type { SaidPart } from '../../analysis/words/said-part.js';
import { msToSamples, VOICE_FORMAT } from '../../base/pcm.js';
import type { LedgerSpan } from '../../stream/align/ledger.js';
import { splitChannels } from '../../voice/convert/channels.js';
import type { DtmfDigit } from '../../voice/tone/dtmf.js';
import { DtmfDetector } from '../../voice/tone/dtmf-detector.js';
import { type LiveMaskOptions, MASK_DELAY_MS } from './live-mask-options.js';
import { lostStretches } from './lost-stretches.js';
import { clippedMask, MASK_MARGIN_MS, type MaskSpan, maskSpans } from './mask-spans.js';
import { MEMORY, Utterances } from './utterances.js';

const LEGS = [0, 1] as const;
const { sampleRate } = VOICE_FORMAT;
const MAX_GAP = msToSamples(MAX_GAP_MS);
const MARGIN = msToSamples(MASK_MARGIN_MS);
/** Largest distance between the sound of a key and its signal outside the audio. */
const BESIDE = msToSamples(300);
/** Longest audio per request to the engine. */
const LONGEST = msToSamples(10_000);
const DIGIT = /^[0-9A-D*#]$/;

/** Finds secrets in both legs of a call in progress. Positions are samples of the call. */
export class LiveSecrets {
  /** The active rules. */
  readonly looked: readonly MaskRule[];
  readonly #finder: MaskFinder;
  readonly #cards: boolean;
  readonly #ears: readonly Utterances[] = [];
  readonly #detectors = LEGS.map(() => new DtmfDetector());
  /** Keys detected in the audio of each leg. The last one may still sound. */
  readonly #keys: PressedKey[][] = [[], []];
  /** Keys that were signalled outside the audio. */
  #told: PressedKey[] = [];
  #said: SaidPart[] = [];
  /** Stretches of each leg whose voice is lost. */
  #lost: readonly (readonly Span[])[] = [];
  /** True after the end of the audio: no number can continue. */
  #isOver = false;
  #start: number | undefined;
  #end = 0;
  /** Secrets found so far; undefined when new keys or words have arrived since. */
  #found: Readonly<Record<'certain' | 'begun' | 'doubtful', readonly FoundSecret[]>> | undefined;

  private constructor(
    { cards = true, phrases = [], transcriber }: LiveMaskOptions,
    ears: readonly Utterances[],
  ) {
    this.#cards = cards;
    this.#finder = new MaskFinder({ cards, phrases });
    this.#ears = ears;
    this.looked = [
      ...(cards ? (['card-pressed'] as const) : []),
      ...(cards && transcriber ? (['card-spoken'] as const) : []),
      ...(phrases.length > 0 ? (['phrase'] as const) : []),
    ];
  }

  /** @param failed Called for each utterance on which the engine fails. */
  static async open(options: LiveMaskOptions, failed: (error: Error) => void): Promise<LiveSecrets> {
    const { transcriber, language, phrases = [], delayMs = MASK_DELAY_MS } = options;
    if (!transcriber) return new LiveSecrets(options, []);
    let secrets: LiveSecrets | undefined;
    const listener = {
      ...{ transcriber, language, failed },
      phrases: phrases.map(({ phrase }) => phrase),
      // The other half is left for the engine.
      longest: Math.min(LONGEST, msToSamples(delayMs / 2)),
      mayHavePart: (text: string) => secrets?.mayHavePart(text) ?? true,
      said: (parts: readonly SaidPart[]) => secrets?.say(parts),
      doubted: () => secrets?.lookAgain(),
    };
    const ears = await Promise.all(LEGS.map((leg) => Utterances.begin(leg, listener)));
    secrets = new LiveSecrets(options, ears);
    return secrets;
  }

  /** Takes the next stereo samples, which begin at `position`. */
  hear(stereo: Int16Array, position: number): void {
    this.#start ??= position;
    this.#end = position + stereo.length / 2;
    for (const [leg, samples] of splitChannels(stereo, 2).entries()) {
      this.#ears[leg]?.hear(samples, position);
      if (this.#cards) this.#press(leg, samples);
    }
  }

  /**
   * Takes the ledgers of both legs, of the last {@link MEMORY}: voice that is lost may be that of digits. A line may tell
   * of a loss long after it.
   */
  account(ledgers: readonly (readonly LedgerSpan[])[]): void {
    const lost = ledgers.map(lostStretches);
    if (JSON.stringify(lost) === JSON.stringify(this.#lost)) return;
    this.#lost = lost;
    this.lookAgain();
  }

  /** Takes a key that was signalled outside the audio. */
  pressed(digit: string, position: number): void {
    if (!DIGIT.test(digit)) return;
    const key = { digit: digit as DtmfDigit, from: Math.max(0, position - BESIDE), to: position + BESIDE };
    this.#told.push(key);
    this.#found = undefined;
  }

  /** True when a text may contain a part of a secret. */
  mayHavePart(text: string): boolean {
    return this.#finder.mayHavePart(text);
  }

  /** Takes transcribed speech. */
  say(parts: readonly SaidPart[]): void {
    this.#said.push(...parts);
    this.lookAgain();
  }

  /** Forgets what was found: more is known about the speech now. */
  lookAgain(): void {
    this.#found = undefined;
  }

  /** The stretches of [from, to) to mask, in order. Call it once per range: earlier state is dropped. */
  masks(from: number, to: number): MaskSpan[] {
    this.#found ??= this.#find();
    const { certain, begun, doubtful } = this.#found;
    const goingOn = begun.filter((run) => this.#mayGoOn(run));
    const room = { sampleRate, samples: Number.POSITIVE_INFINITY };
    const known = maskSpans([...certain, ...goingOn], room);
    const unknown = LEGS.flatMap((leg) =>
      (this.#ears[leg]?.undecided(from, to) ?? []).map((span) => ({
        ...span,
        leg,
        rule: 'undecided' as const,
      })),
    );
    const rest = maskSpans([...unknown, ...doubtful], room).flatMap((mask) => without(mask, known));
    this.#forget(to);
    return [...known, ...rest]
      .flatMap((mask) => clippedMask(mask, from, to) ?? [])
      .sort((a, b) => a.from - b.from);
  }

  /** Marks the end of the audio. Resolves when all of it is transcribed. */
  async end(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#ears.map((ear) => ear.end()));
  }

  close(): void {
    for (const ear of this.#ears) ear.close();
  }

  #press(leg: number, samples: Int16Array): void {
    const keys = this.#keys[leg] ?? [];
    const start = this.#start ?? 0;
    for (const event of this.#detectors[leg]?.push(samples) ?? []) {
      this.#found = undefined;
      if (event.type === 'begin') {
        keys.push({ digit: event.digit, from: start + event.position, to: this.#end });
        continue;
      }
      const at = keys.findLastIndex(({ from }) => from === start + event.begin);
      const key = { digit: event.digit, from: start + event.begin, to: start + event.end };
      if (at < 0) keys.push(key);
      else keys[at] = key;
    }
  }

  /** True when a number may continue in speech that is not transcribed, or in audio that has not come. */
  #mayGoOn({ leg, to }: FoundSecret): boolean {
    const starts = (this.#ears[leg]?.undecided(to, Number.POSITIVE_INFINITY) ?? []).map(({ from }) => from);
    if (!this.#isOver) starts.push(this.#end);
    return Math.min(...starts) - to <= MAX_GAP;
  }

  #find() {
    const finder = this.#finder;
    const saidOn = (leg: number) => this.#said.filter((part) => part.leg === leg);
    const beside = [[], this.#told] as const;
    return {
      certain: [
        ...finder.inCall(this.#said, this.#keys, sampleRate),
        ...finder.inCall([], beside, sampleRate),
      ],
      begun: LEGS.flatMap((leg) => [
        ...finder.begunIn(leg, saidOn(leg), this.#keys[leg] ?? [], sampleRate),
        ...finder.begunIn(leg, [], beside[leg], sampleRate),
      ]),
      doubtful: LEGS.flatMap((leg) => {
        const keys = [...(this.#keys[leg] ?? []), ...beside[leg]];
        const unknown = this.#ears[leg]?.unknown ?? [];
        return finder
          .besideUnknown(leg, saidOn(leg), keys, { unknown, lost: this.#lost[leg] ?? [] }, sampleRate)
          .map((run) => ({ ...run, from: run.from - MARGIN, to: run.to + MARGIN }));
      }),
    };
  }

  /** Drops state that is no longer needed when everything before `position` is passed on. */
  #forget(position: number): void {
    for (const ear of this.#ears) ear.giveUp(position);
    const isRecent = ({ to }: { readonly to: number }) => to > position - MEMORY;
    const counts = () => this.#said.length + this.#told.length + this.#keys.flat().length;
    const before = counts();
    this.#said = this.#said.filter(isRecent);
    this.#told = this.#told.filter(isRecent);
    for (const [leg, keys] of this.#keys.entries()) this.#keys[leg] = keys.filter(isRecent);
    if (counts() !== before) this.#found = undefined;
  }
}

/** The parts of a stretch that the others do not cover. */
function without(mask: MaskSpan, others: readonly MaskSpan[]): MaskSpan[] {
  const parts: MaskSpan[] = [];
  const end = mask.from + mask.samples;
  let at = mask.from;
  for (const other of others) {
    if (other.from + other.samples <= at || other.from >= end) continue;
    if (other.from > at) parts.push({ ...mask, from: at, samples: other.from - at });
    at = other.from + other.samples;
  }
  if (at < end) parts.push({ ...mask, from: at, samples: end - at });
  return parts;
}
