/** Discrete Fourier transform of a power of two of real samples, in place on the caller's arrays. */
export class Fft {
  readonly size: number;
  readonly #cos: Float64Array;
  readonly #sin: Float64Array;
  readonly #reversed: Uint32Array;

  constructor(size: number) {
    this.size = size;
    const bits = Math.log2(size);
    this.#cos = Float64Array.from({ length: size / 2 }, (_, i) => Math.cos((2 * Math.PI * i) / size));
    this.#sin = Float64Array.from({ length: size / 2 }, (_, i) => Math.sin((2 * Math.PI * i) / size));
    this.#reversed = Uint32Array.from({ length: size }, (_, i) => {
      let reversed = 0;
      for (let bit = 0; bit < bits; bit++) reversed |= ((i >> bit) & 1) << (bits - 1 - bit);
      return reversed;
    });
  }

  /** Transforms `re` + i `im`, both `size` long: radix 2, decimation in time. */
  transform(re: Float64Array, im: Float64Array): void {
    this.#reverse(re);
    this.#reverse(im);
    const { size } = this;
    const cosines = this.#cos;
    const sines = this.#sin;
    for (let half = 1; half < size; half *= 2) {
      const stride = size / (2 * half);
      for (let start = 0; start < size; start += 2 * half) {
        for (let a = start, at = 0; a < start + half; a++, at += stride) {
          const b = a + half;
          const cos = cosines[at] as number;
          const sin = sines[at] as number;
          const bRe = re[b] as number;
          const bIm = im[b] as number;
          const oddRe = bRe * cos + bIm * sin;
          const oddIm = bIm * cos - bRe * sin;
          re[b] = (re[a] as number) - oddRe;
          im[b] = (im[a] as number) - oddIm;
          re[a] = (re[a] as number) + oddRe;
          im[a] = (im[a] as number) + oddIm;
        }
      }
    }
  }

  #reverse(values: Float64Array): void {
    for (let i = 0; i < this.size; i++) {
      const j = this.#reversed[i] ?? 0;
      if (j <= i) continue;
      const value = values[i] ?? 0;
      values[i] = values[j] ?? 0;
      values[j] = value;
    }
  }
}
