import { checkArgument } from '../../base/check.js';
import { invalidArgument } from '../../base/errors.js';
import { BYTES, SAMPLES } from '../../base/pcm.js';

// ITU-T G.722 (1988): 7 kHz voice at 64 kbit/s. A quadrature mirror filter of 24 taps splits the sound into two bands
// of 8 kHz each. A band is coded as the difference from the output of its adaptive predictor: the lower one in 6 bits,
// the higher one in 2. The names of variables in the comments are those of the recommendation.

/** Half of the coefficients of the filter that splits and joins the bands; the other half mirrors it (table 4). */
const MIRROR = [3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11];
const TAPS = 24;

/** Decision levels of the quantizer of the lower band (table 5), and the codes of its intervals. */
const Q6 = [
  0, 35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650, 714, 786, 858, 940, 1023, 1121, 1219,
  1339, 1458, 1612, 1765, 1980, 2195, 2557, 2919,
];
const ILN = [
  0, 63, 62, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7,
  6, 5, 4,
];
const ILP = [
  0, 61, 60, 59, 58, 57, 56, 55, 54, 53, 52, 51, 50, 49, 48, 47, 46, 45, 44, 43, 42, 41, 40, 39, 38, 37, 36,
  35, 34, 33, 32,
];
/** Output levels of the inverse quantizers for 4 and 6 bits of the lower band, and 2 bits of the higher. */
const QM4 = [
  0, -20456, -12896, -8968, -6288, -4240, -2584, -1200, 20456, 12896, 8968, 6288, 4240, 2584, 1200, 0,
];
const QM6 = [
  -136, -136, -136, -136, -24808, -21904, -19008, -16704, -14984, -13512, -12280, -11192, -10232, -9360,
  -8576, -7856, -7192, -6576, -6000, -5456, -4944, -4464, -4008, -3576, -3168, -2776, -2400, -2032, -1688,
  -1360, -1040, -728, 24808, 21904, 19008, 16704, 14984, 13512, 12280, 11192, 10232, 9360, 8576, 7856, 7192,
  6576, 6000, 5456, 4944, 4464, 4008, 3576, 3168, 2776, 2400, 2032, 1688, 1360, 1040, 728, 432, 136, -432,
  -136,
];
const QM2 = [-7408, -1616, 7408, 1616];
/** Logarithmic steps of the adaptation of the quantizers' scale (tables 11 and 14). */
const RL42 = [0, 7, 6, 5, 4, 3, 2, 1, 7, 6, 5, 4, 3, 2, 1, 0];
const WL = [-60, -30, 58, 172, 334, 538, 1198, 3042];
const RH2 = [2, 1, 2, 1];
const WH = [0, -214, 798];
/** Table of the inverse logarithm. */
const ILB = [
  2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543, 2599, 2656, 2714, 2774, 2834, 2896, 2960,
  3025, 3091, 3158, 3228, 3298, 3371, 3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008,
];

/** Encodes 16 kHz voice as G.722 at 64 kbit/s: one byte for two samples. */
export class G722Encoder {
  readonly #lower = new Band(32, 18_432);
  readonly #higher = new Band(8, 22_528);
  readonly #line = new Int32Array(TAPS);

  /** @throws ERR_INVALID_ARG for an odd number of samples. */
  encode(samples: Int16Array): Uint8Array {
    checkArgument('samples', samples, SAMPLES);
    if (samples.length % 2 !== 0)
      throw invalidArgument('samples', 'an even number of samples', samples.length);
    const bytes = new Uint8Array(samples.length / 2);
    const line = this.#line;
    for (let i = 0; i < bytes.length; i++) {
      line.copyWithin(0, 2);
      line[TAPS - 2] = samples[2 * i] ?? 0;
      line[TAPS - 1] = samples[2 * i + 1] ?? 0;
      let odd = 0;
      let even = 0;
      for (let k = 0; k < TAPS / 2; k++) {
        odd += (line[2 * k] ?? 0) * (MIRROR[k] ?? 0);
        even += (line[2 * k + 1] ?? 0) * (MIRROR[TAPS / 2 - 1 - k] ?? 0);
      }
      bytes[i] = (this.#high((even - odd) >> 14) << 6) | this.#low((even + odd) >> 14);
    }
    return bytes;
  }

  #low(sample: number): number {
    const band = this.#lower;
    const difference = saturated(sample - band.expected);
    const magnitude = difference >= 0 ? difference : -(difference + 1);
    let interval = 1;
    while (interval < 30 && magnitude >= ((Q6[interval] ?? 0) * band.scale) >> 12) interval++;
    const code = (difference < 0 ? ILN : ILP)[interval] ?? 0;
    band.adaptLower(code >> 2);
    return code;
  }

  #high(sample: number): number {
    const band = this.#higher;
    const difference = saturated(sample - band.expected);
    const magnitude = difference >= 0 ? difference : -(difference + 1);
    const outer = magnitude >= (564 * band.scale) >> 12;
    const code = difference < 0 ? (outer ? 0 : 1) : outer ? 2 : 3;
    band.adaptHigher(code);
    return code;
  }
}

/** Decodes G.722 at 64 kbit/s: two samples of 16 kHz for each byte. */
export class G722Decoder {
  readonly #lower = new Band(32, 18_432);
  readonly #higher = new Band(8, 22_528);
  readonly #line = new Int32Array(TAPS);

  decode(bytes: Uint8Array): Int16Array {
    checkArgument('bytes', bytes, BYTES);
    const samples = new Int16Array(bytes.length * 2);
    const line = this.#line;
    for (let i = 0; i < bytes.length; i++) {
      const byte = bytes[i] ?? 0;
      const low = this.#low(byte & 0x3f);
      const high = this.#high(byte >> 6);
      line.copyWithin(0, 2);
      line[TAPS - 2] = low + high;
      line[TAPS - 1] = low - high;
      let even = 0;
      let odd = 0;
      for (let k = 0; k < TAPS / 2; k++) {
        even += (line[2 * k] ?? 0) * (MIRROR[k] ?? 0);
        odd += (line[2 * k + 1] ?? 0) * (MIRROR[TAPS / 2 - 1 - k] ?? 0);
      }
      samples[2 * i] = saturated(odd >> 11);
      samples[2 * i + 1] = saturated(even >> 11);
    }
    return samples;
  }

  #low(code: number): number {
    const band = this.#lower;
    const sample = limited(band.expected + ((band.scale * (QM6[code] ?? 0)) >> 15));
    band.adaptLower(code >> 2);
    return sample;
  }

  #high(code: number): number {
    const band = this.#higher;
    const sample = limited(band.expected + ((band.scale * (QM2[code] ?? 0)) >> 15));
    band.adaptHigher(code);
    return sample;
  }
}

/** Predictor and scale of one band. Encoder and decoder adapt them in the same way. */
class Band {
  /** Expected sample (s). */
  expected = 0;
  /** Scale of the quantizer (det). */
  scale: number;
  readonly #most: number;
  /** Logarithm of the scale (nb). */
  #log = 0;
  /** The six preceding differences (d), two reconstructed samples (r) and two partial ones (p). */
  readonly #d = new Int32Array(7);
  readonly #r = new Int32Array(3);
  readonly #p = new Int32Array(3);
  /** Coefficients of the zeros (b) and the poles (a). */
  readonly #b = new Int32Array(7);
  readonly #a = new Int32Array(3);
  #zeros = 0;

  constructor(scale: number, most: number) {
    this.scale = scale;
    this.#most = most;
  }

  /** Adapts to a code of the lower band, given its upper 4 bits. */
  adaptLower(code: number): void {
    const difference = (this.scale * (QM4[code] ?? 0)) >> 15;
    this.#log = within((this.#log * 127) >> 7, WL[RL42[code] ?? 0] ?? 0, this.#most);
    this.scale = scaleOf(this.#log, 8);
    this.#predict(difference);
  }

  /** Adapts to a code of the higher band. */
  adaptHigher(code: number): void {
    const difference = (this.scale * (QM2[code] ?? 0)) >> 15;
    this.#log = within((this.#log * 127) >> 7, WH[RH2[code] ?? 0] ?? 0, this.#most);
    this.scale = scaleOf(this.#log, 10);
    this.#predict(difference);
  }

  /** Block 4 of the recommendation: takes the quantized difference and predicts the next sample. */
  #predict(difference: number): void {
    const [d, r, p, a, b] = [this.#d, this.#r, this.#p, this.#a, this.#b];
    d[0] = difference;
    r[0] = saturated(this.expected + difference);
    p[0] = saturated(this.#zeros + difference);
    const sign = [0, 1, 2].map((i) => (p[i] ?? 0) >> 15);
    // UPPOL2
    const shifted = saturated((a[1] ?? 0) << 2);
    const turned = Math.min(32_767, sign[0] === sign[1] ? -shifted : shifted);
    const second = (turned >> 7) + (sign[0] === sign[2] ? 128 : -128) + (((a[2] ?? 0) * 32_512) >> 15);
    const a2 = Math.max(-12_288, Math.min(12_288, second));
    // UPPOL1
    const first = saturated((sign[0] === sign[1] ? 192 : -192) + (((a[1] ?? 0) * 32_640) >> 15));
    const most = saturated(15_360 - a2);
    const a1 = Math.max(-most, Math.min(most, first));
    // UPZERO
    const step = difference === 0 ? 0 : 128;
    const way = difference >> 15;
    for (let i = 1; i < 7; i++) {
      const toward = (d[i] ?? 0) >> 15 === way ? step : -step;
      b[i] = saturated(toward + (((b[i] ?? 0) * 32_640) >> 15));
    }
    // DELAYA
    d.copyWithin(1, 0, 6);
    r.copyWithin(1, 0, 2);
    p.copyWithin(1, 0, 2);
    a[1] = a1;
    a[2] = a2;
    // FILTEP, FILTEZ, PREDIC
    const poles = saturated(
      ((a1 * saturated(2 * (r[1] ?? 0))) >> 15) + ((a2 * saturated(2 * (r[2] ?? 0))) >> 15),
    );
    let zeros = 0;
    for (let i = 6; i > 0; i--) zeros += ((b[i] ?? 0) * saturated(2 * (d[i] ?? 0))) >> 15;
    this.#zeros = saturated(zeros);
    this.expected = saturated(poles + this.#zeros);
  }
}

function within(log: number, step: number, most: number): number {
  return Math.max(0, Math.min(most, log + step));
}

/** The inverse logarithm (SCALEL, SCALEH). @param shift 8 for the lower band, 10 for the higher one. */
function scaleOf(log: number, shift: 8 | 10): number {
  const base = ILB[(log >> 6) & 31] ?? 0;
  const by = shift - (log >> 11);
  return (by < 0 ? base << -by : base >> by) << 2;
}

function saturated(value: number): number {
  return value > 32_767 ? 32_767 : value < -32_768 ? -32_768 : value;
}

/** Limits a sample of a band to its 15 bits. */
function limited(value: number): number {
  return value > 16_383 ? 16_383 : value < -16_384 ? -16_384 : value;
}
