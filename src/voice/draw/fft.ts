/** Numbers in the table for one radix-4 butterfly: cosine and sine of three twiddle factors. */
const TURNS = 6;

/** Discrete Fourier transform over a power of two of samples, in place on the caller's arrays. */
export class Fft {
  readonly size: number;
  /** Pairs of indices whose values are swapped. */
  readonly #swaps: Uint32Array;
  /** Twiddle factors of each pass, in the order of use. */
  readonly #passes: readonly Float64Array[];
  /** True when the number of stages is odd: a pass does two, so one is left over. */
  readonly #isOdd: boolean;

  constructor(size: number) {
    this.size = size;
    const bits = Math.log2(size);
    this.#isOdd = bits % 2 === 1;
    this.#swaps = swapsOf(size, bits);
    const passes: Float64Array[] = [];
    for (let half = this.#isOdd ? 2 : 1; half < size; half *= 4) passes.push(turnsOf(half));
    this.#passes = passes;
  }

  /** Transforms `re` + i `im`, both `size` long: radix 2, decimation in time, two stages in one pass. */
  transform(re: Float64Array, im: Float64Array): void {
    const swaps = this.#swaps;
    for (let at = 0; at < swaps.length; at += 2) {
      const [i, j] = [swaps[at] as number, swaps[at + 1] as number];
      const real = re[i] as number;
      re[i] = re[j] as number;
      re[j] = real;
      const imaginary = im[i] as number;
      im[i] = im[j] as number;
      im[j] = imaginary;
    }
    if (this.#isOdd) firstStage(re, im);
    let half = this.#isOdd ? 2 : 1;
    for (const turns of this.#passes) {
      twoStages(re, im, turns, half);
      half *= 4;
    }
  }
}

function swapsOf(size: number, bits: number): Uint32Array {
  const swaps: number[] = [];
  for (let i = 0; i < size; i++) {
    let reversed = 0;
    for (let bit = 0; bit < bits; bit++) reversed |= ((i >> bit) & 1) << (bits - 1 - bit);
    if (reversed > i) swaps.push(i, reversed);
  }
  return Uint32Array.from(swaps);
}

/** Twiddle factors of the stages of `half` and of twice that. */
function turnsOf(half: number): Float64Array {
  const turns = new Float64Array(half * TURNS);
  for (let k = 0; k < half; k++) {
    const angles = [(Math.PI * k) / half, (Math.PI * k) / (2 * half), (Math.PI * (k + half)) / (2 * half)];
    turns.set(
      angles.flatMap((angle) => [Math.cos(angle), Math.sin(angle)]),
      k * TURNS,
    );
  }
  return turns;
}

function firstStage(re: Float64Array, im: Float64Array): void {
  for (let a = 0; a < re.length; a += 2) {
    const b = a + 1;
    const [aRe, aIm] = [re[a] as number, im[a] as number];
    const [bRe, bIm] = [re[b] as number, im[b] as number];
    re[b] = aRe - bRe;
    im[b] = aIm - bIm;
    re[a] = aRe + bRe;
    im[a] = aIm + bIm;
  }
}

function twoStages(re: Float64Array, im: Float64Array, turns: Float64Array, half: number): void {
  for (let start = 0; start < re.length; start += 4 * half) {
    for (let a = start, at = 0; a < start + half; a++, at += TURNS) {
      const b = a + half;
      const c = b + half;
      const d = c + half;
      const cos = turns[at] as number;
      const sin = turns[at + 1] as number;
      const oddRe = (re[b] as number) * cos + (im[b] as number) * sin;
      const oddIm = (im[b] as number) * cos - (re[b] as number) * sin;
      const farRe = (re[d] as number) * cos + (im[d] as number) * sin;
      const farIm = (im[d] as number) * cos - (re[d] as number) * sin;
      const bRe = (re[a] as number) - oddRe;
      const bIm = (im[a] as number) - oddIm;
      const aRe = (re[a] as number) + oddRe;
      const aIm = (im[a] as number) + oddIm;
      const dRe = (re[c] as number) - farRe;
      const dIm = (im[c] as number) - farIm;
      const cRe = (re[c] as number) + farRe;
      const cIm = (im[c] as number) + farIm;
      const evenCos = turns[at + 2] as number;
      const evenSin = turns[at + 3] as number;
      const nearRe = cRe * evenCos + cIm * evenSin;
      const nearIm = cIm * evenCos - cRe * evenSin;
      const lastCos = turns[at + 4] as number;
      const lastSin = turns[at + 5] as number;
      const lastRe = dRe * lastCos + dIm * lastSin;
      const lastIm = dIm * lastCos - dRe * lastSin;
      re[c] = aRe - nearRe;
      im[c] = aIm - nearIm;
      re[a] = aRe + nearRe;
      im[a] = aIm + nearIm;
      re[d] = bRe - lastRe;
      im[d] = bIm - lastIm;
      re[b] = bRe + lastRe;
      im[b] = bIm + lastIm;
    }
  }
}
