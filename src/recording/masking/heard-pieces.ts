import type { Span } from '../../analysis/speech-units.js';
import type { SaidPart, SaidWord } from '../../analysis/words/said-part.js';
import { msToSamples } from '../../base/pcm.js';

/** Longest word that may lie across a cut, with the error of its times, in samples. A longer one stays undecided. */
export const LONGEST_WORD = msToSamples(1000);
/** Audio by which two pieces overlap: a word in its middle lies wholly in both. */
const OVERLAP = 2 * LONGEST_WORD;
/** Least distance between two cuts. It limits the work of the engine. */
const LEAST_STEP = msToSamples(500);

/** A piece of an utterance, for one request to the engine. */
export interface Piece extends Span {
  /** True when the utterance begins before the piece. */
  readonly isCutBefore: boolean;
  /** True when the utterance continues after the piece. */
  readonly isCutAfter: boolean;
  /** Part of the piece whose words are known when the engine has answered. */
  readonly decides: Span;
}

/**
 * Cuts a long utterance into pieces that overlap. A word of up to {@link LONGEST_WORD} that reaches into what a piece
 * decides lies wholly in that piece. With short pieces there are holes that no piece decides.
 */
export class Cuts {
  readonly #from: number;
  readonly #decided: number;
  readonly #isCutBefore: boolean;

  private constructor(from: number, decided: number, isCutBefore: boolean) {
    this.#from = from;
    this.#decided = decided;
    this.#isCutBefore = isCutBefore;
  }

  /** Begins an utterance. */
  static begin(from: number): Cuts {
    return new Cuts(from, from, false);
  }

  /** Start of the next piece. */
  get from(): number {
    return this.#from;
  }

  /** Position up to which earlier pieces decide. */
  get decided(): number {
    return this.#decided;
  }

  /** The last piece. */
  last(to: number): Piece {
    const decides = { from: this.#decided, to };
    return { from: this.#from, to, isCutBefore: this.#isCutBefore, isCutAfter: false, decides };
  }

  /** The piece up to a cut, the hole after what it decides, and the rest of the utterance. */
  cut(to: number): { readonly piece: Piece; readonly hole: Span; readonly rest: Cuts } {
    const edge = Math.max(this.#decided, to - LONGEST_WORD);
    const next = to - Math.max(0, Math.min(OVERLAP, to - this.#from - LEAST_STEP));
    const decided = Math.max(edge, next + LONGEST_WORD);
    return {
      piece: { ...this.last(to), isCutAfter: true, decides: { from: this.#decided, to: edge } },
      hole: { from: edge, to: decided },
      rest: new Cuts(next, decided, true),
    };
  }
}

/** Collects the words of pieces that overlap, each word once. */
export class HeardWords {
  /** Words of the current utterance that later pieces may repeat. */
  #taken: SaidWord[] = [];
  readonly #mayHavePart: (text: string) => boolean;

  /** @param mayHavePart Tells whether a text may contain a part of a secret. */
  constructor(mayHavePart: (text: string) => boolean) {
    this.#mayHavePart = mayHavePart;
  }

  /**
   * Takes what the engine heard in a piece. Words at a cut are left to the next piece, which hears them whole. A text
   * without times that has no part of a secret is decided.
   *
   * @returns The new words, and what the piece does not decide after all: where the engine tells no exact times.
   */
  take(piece: Piece, heard: readonly SaidPart[]): { readonly said: SaidPart[]; readonly unsure: Span[] } {
    this.#taken = piece.isCutBefore ? this.#taken.filter(({ to }) => to > piece.from) : [];
    if (!piece.isCutBefore && !piece.isCutAfter) return { said: [...heard], unsure: [] };
    const parts = heard.filter(({ words, text }) => words.length > 0 || this.#mayHavePart(text));
    const earlier = [...this.#taken];
    const said = parts.flatMap((part) => {
      if (part.words.length === 0) return isHeardWhole(piece, part) || isLong(part) ? [part] : [];
      const words = part.words.filter((word) => isHeardWhole(piece, word) && !isRepeated(word, earlier));
      this.#taken.push(...words);
      // The text stays whole: a secret in it that the words do not show masks the part.
      return words.length > 0 ? [{ ...part, words }] : [];
    });
    const untimed = parts.filter(({ words }) => words.length === 0);
    return { said, unsure: [...unsureWords(piece, parts), ...longNearCuts(piece, untimed)] };
  }
}

const middle = ({ from, to }: Span) => (from + to) / 2;
const lengthOf = ({ from, to }: Span) => to - from;
const isLong = (unit: Span) => lengthOf(unit) > LONGEST_WORD;

/** False for a word that may continue beyond a cut. */
function isHeardWhole({ from, to, isCutBefore, isCutAfter }: Piece, word: Span): boolean {
  const at = middle(word);
  return (!isCutBefore || at > from + LONGEST_WORD / 2) && (!isCutAfter || at < to - LONGEST_WORD / 2);
}

/** True for a word that an earlier piece has brought; it is removed from `earlier`. */
function isRepeated(word: SaidWord, earlier: SaidWord[]): boolean {
  const distance = (other: SaidWord) => Math.abs(middle(other) - middle(word));
  const [nearest] = earlier
    .filter((other) => other.word === word.word)
    .filter((other) => 2 * distance(other) < Math.max(lengthOf(other), lengthOf(word)))
    .sort((a, b) => distance(a) - distance(b));
  if (nearest) earlier.splice(earlier.indexOf(nearest), 1);
  return nearest !== undefined;
}

/** The stretches that a piece should decide, but cannot: words near its cuts that are too long to be placed. */
function unsureWords(piece: Piece, parts: readonly SaidPart[]): Span[] {
  const { decides } = piece;
  const words = parts.flatMap((part) => part.words);
  return longNearCuts(piece, words).map(({ from, to }) => ({
    from: Math.max(from, decides.from),
    to: Math.min(to, decides.to),
  }));
}

function longNearCuts({ decides, isCutBefore, isCutAfter }: Piece, units: readonly Span[]): Span[] {
  return units
    .filter(isLong)
    .filter((unit) => (isCutBefore && unit.from < decides.from) || (isCutAfter && unit.to > decides.to));
}
