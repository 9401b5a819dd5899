import type { PressedKey } from '../leg/leg-analysis.js';
import type { Span } from '../speech-units.js';
import type { LegIndex } from '../turns/turn-events.js';
import { type DigitRun, digitRuns, type NumberPart } from './digit-runs.js';
import { type Keyword, KeywordWatch } from './keyword-watch.js';
import type { SaidPart } from './said-part.js';
import { type Token, tokensIn, tokensOf } from './word-tokens.js';

/** The rule by which something is masked. */
export type MaskRule = 'card-spoken' | 'card-pressed' | 'phrase' | 'request';

/** Something that is to be masked. Positions are samples of the conversation. */
export interface FoundSecret extends Span {
  readonly leg: LegIndex;
  readonly rule: MaskRule;
  /** Of a card number: true when its check digit is right. */
  readonly isLuhn?: boolean;
}

/** Rules of a {@link MaskFinder}. */
export interface MaskFinderRules {
  /** True to find card numbers: runs of 13 digits and more. */
  readonly cards: boolean;
  readonly phrases: readonly Keyword[];
}

/** Stands in texts for what was masked. */
export const MASKED = '[masked]';
/** Longest time between two digits of one number, in ms. */
const MAX_GAP_MS = 15_000;

/** Finds what is to be masked, in what was said and pressed, and in texts. */
export class MaskFinder {
  readonly #rules: MaskFinderRules;

  constructor(rules: MaskFinderRules) {
    this.#rules = rules;
  }

  /**
   * Finds it in what was said and pressed.
   *
   * @param keys Those of each leg.
   */
  inCall(
    said: readonly SaidPart[],
    keys: readonly (readonly PressedKey[])[],
    sampleRate: number,
  ): FoundSecret[] {
    return ([0, 1] as const).flatMap((leg) => {
      const own = said.filter((part) => part.leg === leg);
      const words = own.flatMap(tokensOf);
      const pressed = (keys[leg] ?? []).map(({ digit, from, to }): NumberPart => {
        return { token: digit, text: digit, from, to, isKey: true };
      });
      const parts = [...words, ...pressed].sort((a, b) => a.from - b.from);
      const found = this.#in(parts, words, (MAX_GAP_MS * sampleRate) / 1000);
      // A text may tell more than the words that have places: all of its part is taken then.
      const told = own.filter(
        (part) => part.words.length > 0 && this.isIn(part.text) && !overlaps(part, found),
      );
      return [
        ...found.map((each) => ({ ...each, leg })),
        ...told.map(({ from, to, text }) => ({ from, to, leg, rule: this.#ruleOf(text) })),
      ];
    });
  }

  /** The text with what is to be masked taken out. */
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

  /** True when a text holds something that is to be masked. */
  isIn(text: string): boolean {
    return this.text(text) !== text;
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

/** Numbers that are said, those that are pressed, and those of which a part is said and a part pressed. */
function cardRuns(parts: readonly NumberPart[], maxGap: number): DigitRun[] {
  const keys = parts.filter(({ isKey }) => isKey);
  const words = parts.filter(({ isKey }) => !isKey);
  const alone = [...digitRuns(words, maxGap), ...digitRuns(keys, maxGap)];
  const isMixed = keys.length > 0 && words.length > 0;
  return [...alone, ...(isMixed ? digitRuns(parts, maxGap).filter((run) => !overlaps(run, alone)) : [])];
}

function overlaps(span: Span, others: readonly Span[]): boolean {
  return others.some(({ from, to }) => from < span.to && to > span.from);
}
