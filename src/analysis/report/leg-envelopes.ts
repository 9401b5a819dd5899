import { path as aPath, checkArgument, either, listOf } from '../../base/check.js';
import { openLegs } from '../files/open-legs.js';

/** Columns of a picture of a call. */
const COLUMNS = 1200;
const INPUT = either(aPath, listOf(aPath, 1, 2));

/**
 * Measures the largest magnitude of each leg in 1200 equal parts of a call, 0 to 1, for `htmlReport`.
 *
 * @param input A file, or two mono files, as in `analyseFile`.
 * @throws ERR_INVALID_ARG; the errors of `openAudio`.
 */
export async function legEnvelopes(input: string | readonly string[]): Promise<Float32Array[]> {
  checkArgument('input', input, INPUT);
  await using files = await openLegs(typeof input === 'string' ? [input] : input);
  const envelopes = new EnvelopeMeter(files.legs, files.sampleCount);
  for await (const legs of files.samples()) envelopes.push(legs);
  return envelopes.legs;
}

/** Measures the envelopes of legs whose samples come in pieces. */
export class EnvelopeMeter {
  /** Of each leg. */
  readonly legs: Float32Array[];
  readonly #scale: number;
  #position = 0;

  constructor(legs: number, sampleCount: number) {
    this.legs = Array.from({ length: legs }, () => new Float32Array(COLUMNS));
    this.#scale = COLUMNS / Math.max(1, sampleCount);
  }

  push(pieces: readonly Int16Array[]): void {
    const [{ length } = { length: 0 }] = pieces;
    for (let from = 0; from < length; ) {
      const column = Math.min(COLUMNS - 1, Math.floor((this.#position + from) * this.#scale));
      const next = Math.ceil((column + 1) / this.#scale) - this.#position;
      const to = column === COLUMNS - 1 ? length : Math.min(length, Math.max(from + 1, next));
      for (const [leg, samples] of pieces.entries()) {
        const envelope = this.legs[leg] as Float32Array;
        envelope[column] = Math.max(envelope[column] as number, loudest(samples, from, to) / 32768);
      }
      from = to;
    }
    this.#position += length;
  }
}

function loudest(samples: Int16Array, from: number, to: number): number {
  let most = 0;
  let least = 0;
  for (let i = from; i < to; i++) {
    const sample = samples[i] as number;
    if (sample > most) most = sample;
    else if (sample < least) least = sample;
  }
  return Math.max(most, -least);
}
