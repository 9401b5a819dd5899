import { msToSamples, PTIME_MS } from '../../base/pcm.js';

/** 20 ms of received audio after the answer. */
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
/** Level of the softest word, in dBFS. */
const FAINTEST_DBFS = -65;
/**
 * Least distance of a word's frames, and of its loudest frames, above the background, in dB. The loudest 1 % of four
 * voices at once is up to 15 dB above their softest 10 %; of six voices 12 dB, of noise 8 dB, of one voice 25 to 39 dB.
 */
const ABOVE_BACKGROUND = 8;
const PEAK_ABOVE_BACKGROUND = 14;
/** Largest distance below the loudest word, in dB. Softer words belong to other people. */
const BELOW_LOUDEST = 13;
/** Longest break within a word or between two words, in frames. */
const WORD_GAP = 8;
/** Least number of loud frames in a word. */
const WORD = 4;
/** Range of level of noise or a tone, in dB. A word varies more. */
const STEADY = 6;

/** Distance around a frame in which its background is measured, in frames. */
const AROUND = 35;

/**
 * Finds the greeting in the audio so far. A word is judged by the audio before and after it:
 *
 * - the background is the level of the softest 10 % of all sound. Steady noise, hum, and many voices at once are hardly
 *   louder. The background of a word between silences is silence;
 * - a word is louder than the background, the voice detector takes it for speech, and its level varies as syllables do;
 * - a word is not much softer than the loudest word: people in the background are not a greeting.
 *
 * @param settled Cache of the frames' backgrounds between calls in which `frames` only grows at its end.
 */
export function findGreeting(frames: readonly HeardFrame[], settled: number[] = []): Greeting | undefined {
  const words = wordsOf(frames, settled);
  const loudest = Math.max(...words.map(({ peak }) => peak));
  const own = words.filter(({ peak }) => peak >= loudest - BELOW_LOUDEST);
  const [first, last] = [own[0], own.at(-1)];
  return first && last ? { begin: first.begin * FRAME, end: last.end * FRAME } : undefined;
}

/** A stretch of speech, in frames. `end` is the first frame after it. */
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
      // The edges are left out, since a steady sound varies there too when it is switched on or off.
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

/**
 * Returns the louder of the backgrounds before and after a frame, so that noise that begins or stops counts as
 * background.
 */
function backgroundAround(frames: readonly HeardFrame[], at: number): number {
  const softest = (from: number, to: number) =>
    quantile(
      frames.slice(Math.max(0, from), to).map(({ dbfs }) => Math.max(dbfs, FAINTEST_DBFS)),
      0.1,
    );
  const behind = softest(at + 1, at + 1 + AROUND);
  return behind === Number.NEGATIVE_INFINITY ? 0 : Math.max(softest(at - AROUND, at), behind);
}

/** Returns the quantile that `part` of all values do not exceed; minus infinity without values. */
function quantile(values: readonly number[], part: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.floor(part * (sorted.length - 1))] ?? Number.NEGATIVE_INFINITY;
}
