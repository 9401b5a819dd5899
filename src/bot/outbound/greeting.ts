import { msToSamples, PTIME_MS } from '../../base/pcm.js';

/** 20 ms of what was heard after the answer. */
export interface HeardFrame {
  /** RMS in dBFS. */
  readonly dbfs: number;
  /** True when the voice detector takes it for speech. */
  readonly isVoice: boolean;
  /** True when a pure tone sounds. */
  readonly isTone: boolean;
}

/** The words at the beginning of a call, in samples from the answer. */
export interface Greeting {
  readonly begin: number;
  readonly end: number;
}

const FRAME = msToSamples(PTIME_MS);
/** Nothing below this is heard as a word. */
const FAINTEST_DBFS = -65;
/**
 * By how much the frames of a word stand above the background, and its loudest ones, in dB. The loudest hundredth of
 * four voices at once is up to 15 dB above their softest tenth, of six voices 12, of noise 8, of one voice 25 to 39.
 */
const ABOVE_BACKGROUND = 8;
const PEAK_ABOVE_BACKGROUND = 14;
/** Words that are softer than the loudest by more than this are other people's, in dB. */
const BELOW_LOUDEST = 13;
/** Shorter breaks are within a word or between two, in frames. */
const WORD_GAP = 8;
/** Loud frames that make a word. */
const WORD = 4;
/** A sound whose level stays within this is noise or a tone, in dB. */
const STEADY = 6;

/** Distance from a frame within which its background is measured, in frames. */
const AROUND = 35;

/**
 * Finds the greeting in what was heard so far. It looks back, so that a word is judged by what came after it as well:
 *
 * - the background is what the softest tenth of all sound is not louder than; steady noise, hum, and many voices at once
 *   hardly stand above it. A word between silences has these for its background;
 * - a word stands above the background, is taken for speech by the voice detector, and its level moves as syllables do;
 * - it is not much softer than the loudest word: people in the background are no greeting.
 *
 * @param settled Keeps the backgrounds of frames from one look to the next, for the same `frames` with more behind them.
 */
export function findGreeting(frames: readonly HeardFrame[], settled: number[] = []): Greeting | undefined {
  const words = wordsOf(frames, settled);
  const loudest = Math.max(...words.map(({ peak }) => peak));
  const own = words.filter(({ peak }) => peak >= loudest - BELOW_LOUDEST);
  const [first, last] = [own[0], own.at(-1)];
  return first && last ? { begin: first.begin * FRAME, end: last.end * FRAME } : undefined;
}

/** A stretch of speech that stands above the background and whose level moves; frames, `end` is the first after it. */
interface Word {
  readonly begin: number;
  readonly end: number;
  readonly peak: number;
}

function wordsOf(frames: readonly HeardFrame[], settled: number[]): Word[] {
  const words: Word[] = [];
  let loud: number[] = [];
  let background = Number.POSITIVE_INFINITY;
  const close = () => {
    const [begin, last] = [loud[0], loud.at(-1)];
    if (begin !== undefined && last !== undefined && loud.length >= WORD) {
      // Its edges are left out: what is switched on and off is not steady there either.
      const inner = loud.slice(1, -1).map((i) => frames[i]?.dbfs ?? 0);
      const peak = quantile(inner, 0.9);
      const isSteady = peak - quantile(inner, 0.1) < STEADY;
      if (!isSteady && peak >= background + PEAK_ABOVE_BACKGROUND) words.push({ begin, end: last + 1, peak });
    }
    loud = [];
    background = Number.POSITIVE_INFINITY;
  };
  const all = quantile(
    frames.filter(({ dbfs }) => dbfs > FAINTEST_DBFS).map(({ dbfs }) => dbfs),
    0.1,
  );
  frames.forEach(({ dbfs, isVoice, isTone }, i) => {
    if (!isVoice || isTone || dbfs <= FAINTEST_DBFS) return;
    const around = settled[i] ?? backgroundAround(frames, i);
    if (i + AROUND < frames.length) settled[i] = around;
    const own = Math.min(all, around);
    if (dbfs < own + ABOVE_BACKGROUND) return;
    if (i - (loud.at(-1) ?? i) > WORD_GAP) close();
    loud.push(i);
    background = Math.min(background, own);
  });
  close();
  return words;
}

/** The louder of the backgrounds before and behind a frame: noise that begins, or stops, is one. */
function backgroundAround(frames: readonly HeardFrame[], at: number): number {
  const softest = (from: number, to: number) =>
    quantile(
      frames.slice(Math.max(0, from), to).map(({ dbfs }) => Math.max(dbfs, FAINTEST_DBFS)),
      0.1,
    );
  const behind = softest(at + 1, at + 1 + AROUND);
  return behind === Number.NEGATIVE_INFINITY ? 0 : Math.max(softest(at - AROUND, at), behind);
}

/** The quantile: `part` of all values do not exceed it. Minus infinity without values. */
function quantile(values: readonly number[], part: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.floor(part * (sorted.length - 1))] ?? Number.NEGATIVE_INFINITY;
}
