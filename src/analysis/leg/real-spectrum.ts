/** Power spectrum of real samples, computed with a complex transform of half the size. */
export class RealSpectrum {
  /** Power of each bin from 0 to half the sample rate. */
  readonly power: Float32Array;
  readonly size: number;
  readonly #half: number;
  readonly #re: Float64Array;
  readonly #im: Float64Array;
  readonly #cos: Float64Array;
  readonly #sin: Float64Array;
  readonly #order: Uint16Array;
  readonly #window: Float64Array;

  /** @param size A power of two, 8 or more. The samples are weighted with a Hann window. */
  constructor(size: number) {
    this.size = size;
    const half = size / 2;
    this.#half = half;
    this.power = new Float32Array(half + 1);
    this.#re = new Float64Array(half);
    this.#im = new Float64Array(half);
    this.#cos = Float64Array.from({ length: half }, (_, i) => Math.cos((2 * Math.PI * i) / size));
    this.#sin = Float64Array.from({ length: half }, (_, i) => Math.sin((2 * Math.PI * i) / size));
    const bits = Math.log2(half);
    this.#order = Uint16Array.from({ length: half }, (_, i) => {
      let reversed = 0;
      for (let bit = 0; bit < bits; bit++) reversed |= ((i >> bit) & 1) << (bits - 1 - bit);
      return reversed;
    });
    // The scale makes the powers of all bins add up to the mean square of the samples, with a full scale of 1.
    const scale = 2 / (32768 * size * Math.sqrt(3));
    this.#window = Float64Array.from(
      { length: size },
      (_, i) => scale * (1 - Math.cos((2 * Math.PI * i) / size)),
    );
  }

  /** Transforms `size` samples from `from` on. `samples` is a ring. */
  take(samples: Int16Array, from: number): Float32Array {
    const { size } = this;
    const mask = samples.length - 1;
    for (let i = 0; i < this.#half; i++) {
      const to = this.#order[i] as number;
      const at = from + 2 * i;
      this.#re[to] = (samples[at & mask] as number) * (this.#window[2 * i] as number);
      this.#im[to] = (samples[(at + 1) & mask] as number) * (this.#window[2 * i + 1] as number);
    }
    this.#transform();
    this.#join(size);
    return this.power;
  }

  /**
   * Transforms with radix 2 and decimation in time. The first two stages, whose factors are 1 and i, are done in one.
   */
  #transform(): void {
    const re = this.#re;
    const im = this.#im;
    const n = this.#half;
    for (let k = 0; k < n; k += 4) {
      const ar = (re[k] as number) + (re[k + 1] as number);
      const ai = (im[k] as number) + (im[k + 1] as number);
      const br = (re[k] as number) - (re[k + 1] as number);
      const bi = (im[k] as number) - (im[k + 1] as number);
      const cr = (re[k + 2] as number) + (re[k + 3] as number);
      const ci = (im[k + 2] as number) + (im[k + 3] as number);
      const dr = (re[k + 2] as number) - (re[k + 3] as number);
      const di = (im[k + 2] as number) - (im[k + 3] as number);
      re[k] = ar + cr;
      im[k] = ai + ci;
      re[k + 1] = br + di;
      im[k + 1] = bi - dr;
      re[k + 2] = ar - cr;
      im[k + 2] = ai - ci;
      re[k + 3] = br - di;
      im[k + 3] = bi + dr;
    }
    for (let half = 4; half < n; half *= 2) {
      const stride = n / half;
      for (let i = 0; i < half; i++) {
        const cos = this.#cos[i * stride] as number;
        const sin = this.#sin[i * stride] as number;
        for (let a = i; a < n; a += 2 * half) {
          const b = a + half;
          const xr = re[b] as number;
          const xi = im[b] as number;
          const tr = xr * cos + xi * sin;
          const ti = xi * cos - xr * sin;
          re[b] = (re[a] as number) - tr;
          im[b] = (im[a] as number) - ti;
          re[a] = (re[a] as number) + tr;
          im[a] = (im[a] as number) + ti;
        }
      }
    }
  }

  #join(size: number): void {
    const half = size / 2;
    const re = this.#re;
    const im = this.#im;
    const { power } = this;
    power[0] = ((re[0] as number) + (im[0] as number)) ** 2;
    power[half] = ((re[0] as number) - (im[0] as number)) ** 2;
    for (let k = 1; k <= half / 2; k++) {
      const m = half - k;
      const er = ((re[k] as number) + (re[m] as number)) / 2;
      const ei = ((im[k] as number) - (im[m] as number)) / 2;
      const or = ((im[k] as number) + (im[m] as number)) / 2;
      const oi = ((re[m] as number) - (re[k] as number)) / 2;
      const cos = this.#cos[k] as number;
      const sin = this.#sin[k] as number;
      const tr = or * cos + oi * sin;
      const ti = oi * cos - or * sin;
      power[k] = (er + tr) * (er + tr) + (ei + ti) * (ei + ti);
      power[m] = (er - tr) * (er - tr) + (ei - ti) * (ei - ti);
    }
  }
}
