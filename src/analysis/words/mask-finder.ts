import type { PressedKey } from '../leg/leg-analysis.js';
import type { Span } from '../speech-units.js';
import type { LegIndex } from '../turns/turn-events.js';
import {
  begunRun,
  type DigitRun,
  digitRuns,
  mayHaveDigits,
  type NumberPart,
  UNKNOWN_DIGIT,
} from './digit-runs.js';
import { type Keyword, KeywordWatch, mayHaveWordOf } from './keyword-watch.js';
import type { SaidPart } from './said-part.js';
import { type Token, tokensIn, tokensOf } from './word-tokens.js';

/** Rule by which a stretch is masked. */
export type MaskRule = 'card-spoken' | 'card-pressed' | 'phrase' | 'request' | 'undecided';

/** Stretch that has to be masked. Positions are samples of the conversation. */
export interface FoundSecret extends Span {
  readonly leg: LegIndex;
  readonly rule: MaskRule;
  /** True for a card number with a correct check digit. */
  readonly isLuhn?: boolean;
}

/** Rules of a {@link MaskFinder}. */
export interface MaskFinderRules {
  /** True to find card numbers: runs of 13 or more digits. */
  readonly cards: boolean;
  readonly phrases: readonly Keyword[];
}

/** Text that replaces what was masked. */
export const MASKED = '[masked]';
/** Longest time between two digits of one number, in ms. */
export const MAX_GAP_MS = 15_000;
/** Most digits of an unfinished number that are not masked. A longer one may become a card number. */
const HARMLESS_DIGITS = 3;

/** Finds what has to be masked, in speech, keys and texts. */
export class MaskFinder {
  readonly #rules: MaskFinderRules;

  constructor(rules: MaskFinderRules) {
    this.#rules = rules;
  }

  /**
   * Finds it in the words and keys of a call.
   *
   * @param keys Keys of each leg.
   */
  inCall(
    said: readonly SaidPart[],
    keys: readonly (readonly PressedKey[])[],
    sampleRate: number,
  ): FoundSecret[] {
    return ([0, 1] as const).flatMap((leg) => {
      const own = said.filter((part) => part.leg === leg);
      const { words, parts } = partsOfLeg(own, keys[leg] ?? []);
      const found = this.#in(parts, words, (MAX_GAP_MS * sampleRate) / 1000);
      // A text may contain more than its words with positions. The whole part is masked then.
      const told = own.filter(
        (part) => part.words.length > 0 && this.isIn(part.text) && !overlaps(part, found),
      );
      return [
        ...found.map((each) => ({ ...each, leg })),
        ...told.map(({ from, to, text }) => ({ from, to, leg, rule: this.#ruleOf(text) })),
      ];
    });
  }

  /**
   * Finds unfinished numbers of a leg that may become card numbers with the next digits: those with more than three
   * digits.
   */
  begunIn(
    leg: LegIndex,
    said: readonly SaidPart[],
    keys: readonly PressedKey[],
    sampleRate: number,
  ): FoundSecret[] {
    if (!this.#rules.cards) return [];
    const { words, pressed, parts } = partsOfLeg(said, keys);
    const maxGap = (MAX_GAP_MS * sampleRate) / 1000;
    return [words, pressed, ...(words.length > 0 && pressed.length > 0 ? [parts] : [])].flatMap((each) => {
      const run = begunRun(each, maxGap);
      if (!run || run.digits.length <= HARMLESS_DIGITS) return [];
      return [{ from: run.from, to: run.to, leg, rule: `card-${run.how}` as const }];
    });
  }

  /**
   * Finds digits of a leg that may belong to a card number together with speech that was not understood, with that
   * speech, or with voice that is lost. Of the latter only those of more than three digits: a loss leaves nothing of
   * the others.
   *
   * @param unknown Stretches of speech that was not understood.
   * @param lost Stretches in which voice is lost.
   */
  besideUnknown(
    leg: LegIndex,
    said: readonly SaidPart[],
    keys: readonly PressedKey[],
    { unknown = [], lost = [] }: { readonly unknown?: readonly Span[]; readonly lost?: readonly Span[] },
    sampleRate: number,
  ): FoundSecret[] {
    if (!this.#rules.cards) return [];
    const known = partsOfLeg(said, keys).parts;
    const runsBeside = (spans: readonly Span[], least: number) => {
      if (spans.length === 0) return [];
      const stretches = spans.map(({ from, to }) => ({ token: '', text: '', from, to, isUnknown: true }));
      const parts = [...known, ...stretches].sort((a, b) => a.from - b.from);
      return digitRuns(parts, (MAX_GAP_MS * sampleRate) / 1000).filter(
        ({ digits }) => digits.includes(UNKNOWN_DIGIT) && digits.replaceAll(/\D/g, '').length >= least,
      );
    };
    const runs = [...runsBeside(unknown, 1), ...runsBeside([...unknown, ...lost], HARMLESS_DIGITS + 1)];
    return runs.map(({ from, to }) => ({ from, to, leg, rule: 'undecided' }));
  }

  /** Returns the text with everything that has to be masked replaced. */
  text(text: string): string {
    const tokens = tokensIn(text);
    const found = this.#in(tokens, tokens, Number.POSITIVE_INFINITY).sort((a, b) => a.from - b.from);
    let masked = '';
    let at = 0;
    for (const { from, to } of found) {
      if (from >= at) masked += `${text.slice(at, from)}${MASKED}`;
      at = Math.max(at, to);
    }
    return masked + text.slice(at);
  }

  /**
   * Masks an answer. A number may be spread over several answers, so each run of more than three digits is replaced.
   */
  answer(text: string): string {
    if (!this.#rules.cards) return this.text(text);
    const runs = digitRuns(tokensIn(text), Number.POSITIVE_INFINITY, HARMLESS_DIGITS + 1);
    return this.text(
      runs.toReversed().reduce((left, { from, to }) => left.slice(0, from) + MASKED + left.slice(to), text),
    );
  }

  /** True when a text contains something that has to be masked. */
  isIn(text: string): boolean {
    return this.text(text) !== text;
  }

  /** True when a text may contain a part of something that has to be masked: a digit, or a word of a phrase. */
  mayHavePart(text: string): boolean {
    const { cards, phrases } = this.#rules;
    const tokens = tokensIn(text);
    return (cards && mayHaveDigits(tokens)) || mayHaveWordOf(phrases, tokens);
  }

  #ruleOf(text: string): MaskRule {
    const tokens = tokensIn(text);
    return this.#in(tokens, tokens, Number.POSITIVE_INFINITY)[0]?.rule ?? 'phrase';
  }

  #in(parts: readonly NumberPart[], words: readonly Token[], maxGap: number): Omit<FoundSecret, 'leg'>[] {
    const { cards, phrases } = this.#rules;
    const runs = cards ? cardRuns(parts, maxGap) : [];
    const said = new KeywordWatch(0, phrases).take(words);
    return [
      ...runs.map(({ from, to, how, isLuhn }) => ({ from, to, rule: `card-${how}` as const, isLuhn })),
      ...said.map(({ from, to }) => ({ from, to, rule: 'phrase' as const })),
    ];
  }
}

function partsOfLeg(said: readonly SaidPart[], keys: readonly PressedKey[]) {
  const words = said.flatMap(tokensOf);
  const pressed = keys.map(({ digit, from, to }): NumberPart => {
    return { token: digit, text: digit, from, to, isKey: true };
  });
  return { words, pressed, parts: [...words, ...pressed].sort((a, b) => a.from - b.from) };
}

/**
 * Finds numbers that were spoken, numbers that were pressed, and numbers that were partly spoken and partly pressed.
 * Keys beside a spoken number belong to it: an engine may hear more digits than were said.
 */
function cardRuns(parts: readonly NumberPart[], maxGap: number): DigitRun[] {
  const keys = parts.filter(({ isKey }) => isKey);
  const words = parts.filter(({ isKey }) => !isKey);
  const alone = [...digitRuns(words, maxGap), ...digitRuns(keys, maxGap)];
  const mixed = keys.length > 0 && words.length > 0 ? digitRuns(parts, maxGap) : [];
  const hasMore = (run: DigitRun) =>
    alone.reduce(
      (left, { from, to, digits }) => left - (overlaps({ from, to }, [run]) ? digits.length : 0),
      run.digits.length,
    ) > 0;
  return [...alone, ...mixed.filter(hasMore)];
}

function overlaps(span: Span, others: readonly Span[]): boolean {
  return others.some(({ from, to }) => from < span.to && to > span.from);
}
