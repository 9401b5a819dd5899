import { checkArgument, checkOptions, object, oneOf, type Rules, whole, within } from '../../base/check.js';
import { msToSamples, type PcmFormat, pcmFormat, VOICE_FORMAT } from '../../base/pcm.js';
import { MOST_SUMS, mixKernel } from './mix-kernel.js';
import { type MixerLine, MixerSource, type MixerSourceOptions } from './mixer-source.js';
import { hardClip, softLimit } from './soft-limit.js';

export interface MixerOptions {
  /** Format of all sources and of the mix. Default {@link VOICE_FORMAT}. */
  readonly format?: PcmFormat;
  /** Duration of a change of gain, and of the fade when a source leaves, in milliseconds: 0 to 1000. Default 20. */
  readonly rampMs?: number;
  /** Treatment of sums near and beyond 16 bits: bent from -3 dBFS on, or cut off. Default `'soft'`. */
  readonly limiter?: 'soft' | 'clip';
}

/** A block of a conference: the sum of all sources, and for each source the sum of all others. */
export interface MixMinus {
  readonly all: Int16Array;
  readonly without: ReadonlyMap<MixerSource, Int16Array>;
}

const RULES: Rules<MixerOptions> = {
  format: object,
  rampMs: within(0, 1000, 'ms'),
  limiter: oneOf('soft', 'clip'),
};
const READ = whole(1, 1 << 20);

/**
 * Mixes any number of sources on one time line. Each source writes its audio as it comes. The part that keeps the time
 * reads the mix in blocks. Audio that is missing when its place is read becomes silence.
 *
 * ```ts
 * const mixer = new Mixer();
 * const anna = mixer.addSource();
 * const ben = mixer.addSource({ gainDb: -6 });
 * anna.write(samplesOfAnna);
 * const { without } = mixer.readEach(320);
 * send(without.get(ben));
 * ```
 */
export class Mixer {
  readonly format: PcmFormat;
  readonly #limit: (target: Int16Array, sums: Float32Array) => void;
  readonly #sources = new Set<MixerSource>();
  readonly #line: { -readonly [K in keyof MixerLine]: MixerLine[K] };
  #sums = new Float32Array(0);

  /** @throws ERR_INVALID_ARG for an option out of range. */
  constructor(options: MixerOptions = {}) {
    checkOptions(options, RULES);
    const { rampMs = 20, limiter = 'soft' } = options;
    this.format = pcmFormat(options.format ?? VOICE_FORMAT);
    this.#limit = limiter === 'soft' ? softLimit : hardClip;
    this.#line = { ...this.format, rampSamples: msToSamples(rampMs, this.format), position: 0 };
  }

  /** Position of the next sample that will be read, per channel, from the start of the time line. */
  get position(): number {
    return this.#line.position;
  }

  /** The sources in the mix. One that was ended is removed after its last sample was read. */
  get sources(): ReadonlySet<MixerSource> {
    return this.#sources;
  }

  /** Adds a source. Its position can lie in the future. @throws ERR_INVALID_ARG for an option out of range. */
  addSource(options: MixerSourceOptions = {}): MixerSource {
    const source = new MixerSource(this.#line, options);
    this.#sources.add(source);
    return source;
  }

  /** Reads the next `sampleCount` samples (per channel, 1 to 1048576) of all sources together. */
  read(sampleCount: number): Int16Array {
    const sums = this.#cleared(sampleCount);
    for (const source of this.#sources) source.mixInto(sums, sampleCount);
    this.#advance(sampleCount);
    return this.#limited(sums);
  }

  /**
   * Reads the next `sampleCount` samples of all sources together, and for each source the mix of all others. Each
   * source is mixed once, however many there are.
   */
  readEach(sampleCount: number): MixMinus {
    const sums = this.#cleared(sampleCount);
    const shares = new Map<MixerSource, Float32Array>();
    for (const source of this.#sources) {
      const share = new Float32Array(sums.length);
      source.mixInto(share, sampleCount);
      for (let i = 0; i < share.length; i++) sums[i] = (sums[i] ?? 0) + (share[i] ?? 0);
      shares.set(source, share);
    }
    const without = new Map<MixerSource, Int16Array>();
    for (const [source, share] of shares) {
      for (let i = 0; i < share.length; i++) share[i] = (sums[i] ?? 0) - (share[i] ?? 0);
      without.set(source, this.#limited(share));
    }
    this.#advance(sampleCount);
    return { all: this.#limited(sums), without };
  }

  #cleared(sampleCount: number): Float32Array {
    checkArgument('sampleCount', sampleCount, READ);
    const length = sampleCount * this.format.channels;
    // Blocks of usual length are summed in the kernel's memory.
    if (length <= MOST_SUMS) return mixKernel().sums.subarray(0, length).fill(0);
    if (this.#sums.length < length) this.#sums = new Float32Array(length);
    return this.#sums.subarray(0, length).fill(0);
  }

  #limited(sums: Float32Array): Int16Array {
    const samples = new Int16Array(sums.length);
    this.#limit(samples, sums);
    return samples;
  }

  #advance(sampleCount: number): void {
    this.#line.position += sampleCount;
    for (const source of this.#sources) {
      if (!source.isDone) continue;
      source.discard();
      this.#sources.delete(source);
    }
  }
}
