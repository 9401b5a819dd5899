import { checkArgument, checkOptions, oneOf, type Rules, whole, within } from '../../base/check.js';
import { invalidArgument, JackfieldError } from '../../base/errors.js';
import { type PcmSink, SAMPLES } from '../../base/pcm.js';
import { GAIN_DB, GainRamp, gainOf } from './gain-ramp.js';

export interface MixerSourceOptions {
  /** Gain, in dB; -Infinity mutes. At most 40. Default 0. */
  readonly gainDb?: number;
  /** Position of the source's first sample on the mixer's time line. Default: the mixer's current position. */
  readonly position?: number;
  /** Audio that may wait to be mixed, in milliseconds: 20 to 60000. Default 1000. */
  readonly maxBufferedMs?: number;
  /**
   * Treatment of a write above that limit: it resolves later, or the oldest is dropped and counted. Default `'wait'`.
   */
  readonly whenFull?: 'wait' | 'drop-oldest';
}

const RULES: Rules<MixerSourceOptions> = {
  gainDb: GAIN_DB,
  position: whole(0, Number.MAX_SAFE_INTEGER),
  maxBufferedMs: within(20, 60_000, 'ms'),
  whenFull: oneOf('wait', 'drop-oldest'),
};

/** Members of a mixer that its sources use. */
export interface MixerLine {
  readonly channels: number;
  readonly sampleRate: number;
  readonly rampSamples: number;
  /** Position of the next sample that the mixer will give. */
  readonly position: number;
}

interface Piece {
  readonly position: number;
  readonly samples: Int16Array;
}

/** One source of a mixer: a sink for its audio, with a gain. Made by `Mixer.addSource`. */
export class MixerSource implements PcmSink {
  readonly #line: MixerLine;
  readonly #gain: GainRamp;
  readonly #maxSamples: number;
  readonly #whenFull: 'wait' | 'drop-oldest';
  readonly #pieces: Piece[] = [];
  #next: number;
  #buffered = 0;
  #dropped = 0;
  #ended = false;
  #leaving = false;
  #room: (() => void) | undefined;

  /** @internal */
  constructor(line: MixerLine, options: MixerSourceOptions) {
    checkOptions(options, RULES);
    const { gainDb = 0, position = line.position, maxBufferedMs = 1000, whenFull = 'wait' } = options;
    if (!Number.isSafeInteger(position) || position < line.position) {
      throw invalidArgument('position', `a whole number of at least ${line.position}`, position);
    }
    this.#line = line;
    this.#gain = new GainRamp(gainOf(gainDb));
    this.#maxSamples = Math.ceil((maxBufferedMs * line.sampleRate) / 1000) * line.channels;
    this.#whenFull = whenFull;
    this.#next = position;
  }

  /** Samples per channel that were not mixed: dropped when full, or written after their place was read. */
  get droppedSamples(): number {
    return this.#dropped / this.#line.channels;
  }

  /** Samples per channel that wait to be mixed. */
  get bufferedSamples(): number {
    return this.#buffered / this.#line.channels;
  }

  /** True when nothing more will come from this source. The mixer then removes it. */
  get isDone(): boolean {
    return (this.#ended && this.#pieces.length === 0) || (this.#leaving && this.#gain.isSilent);
  }

  /** Changes the gain without a click, over the mixer's `rampMs`. */
  setGainDb(gainDb: number): void {
    checkArgument('gainDb', gainDb, GAIN_DB);
    if (!this.#leaving) this.#gain.moveTo(gainOf(gainDb), this.#line.rampSamples);
  }

  /**
   * Writes interleaved samples, and copies them. `position` lies on the mixer's time line. A gap before it becomes
   * silence. Samples before the mixer's position are too late and count as dropped.
   */
  write(samples: Int16Array, position: number = this.#next): void | Promise<void> {
    checkArgument('samples', samples, SAMPLES);
    return this.take(samples.slice(), position);
  }

  /** As {@link write}, for an array that the source may keep. @internal */
  take(samples: Int16Array, position: number = this.#next): void | Promise<void> {
    const { channels } = this.#line;
    if (this.#ended) throw new JackfieldError('ERR_CLOSED', 'The source was ended.');
    if (samples.length % channels !== 0) {
      throw invalidArgument('samples', `a multiple of ${channels} channels long`, samples.length);
    }
    if (!Number.isSafeInteger(position) || position < this.#next) {
      throw invalidArgument('position', `a whole number of at least ${this.#next}`, position);
    }
    this.#next = position + samples.length / channels;
    this.#pieces.push({ position, samples });
    this.#buffered += samples.length;
    this.#dropUntil(this.#line.position);
    if (this.#whenFull === 'drop-oldest') this.#dropToFit();
    else if (this.#buffered > this.#maxSamples) return this.#untilRoom();
  }

  /** Ends the source. Audio that waits is still mixed. */
  end(): void {
    this.#ended = true;
  }

  /** Fades out over the mixer's `rampMs` and leaves the mix. Audio that waits beyond that is dropped. */
  leave(): void {
    this.#leaving = true;
    this.#ended = true;
    this.#gain.moveTo(0, this.#line.rampSamples);
  }

  /**
   * Adds the next `count` samples, from the mixer's position on, to `sums`. The mixer calls this.
   * @internal
   */
  mixInto(sums: Float32Array, count: number): void {
    const { channels, position } = this.#line;
    const end = position + count;
    let at = position;
    while (at < end) {
      const piece = this.#pieces[0];
      if (!piece || piece.position >= end) break;
      this.#gain.skip(piece.position - at);
      at = Math.max(at, piece.position);
      const from = (at - piece.position) * channels;
      const until = Math.min(piece.samples.length, (end - piece.position) * channels);
      const part = piece.samples.subarray(from, until);
      this.#gain.addTo(sums, (at - position) * channels, part, channels);
      at += part.length / channels;
      this.#buffered -= part.length;
      this.#pieces.shift();
      if (until < piece.samples.length) {
        this.#pieces.unshift({ position: end, samples: piece.samples.subarray(until) });
      }
    }
    this.#gain.skip(end - at);
    if (this.#buffered <= this.#maxSamples) this.#makeRoom();
  }

  /** Drops the audio that waits, once the source is done. The mixer calls this. @internal */
  discard(): void {
    this.#pieces.length = 0;
    this.#buffered = 0;
    this.#makeRoom();
  }

  #dropUntil(position: number): void {
    const { channels } = this.#line;
    for (let piece = this.#pieces[0]; piece && piece.position < position; piece = this.#pieces[0]) {
      const late = Math.min(piece.samples.length, (position - piece.position) * channels);
      this.#dropped += late;
      this.#buffered -= late;
      this.#pieces.shift();
      if (late < piece.samples.length) {
        this.#pieces.unshift({ position, samples: piece.samples.subarray(late) });
      }
    }
  }

  #dropToFit(): void {
    for (let over = this.#buffered - this.#maxSamples; over > 0; over = this.#buffered - this.#maxSamples) {
      const piece = this.#pieces[0];
      if (!piece) return;
      this.#dropUntil(piece.position + Math.min(over, piece.samples.length) / this.#line.channels);
    }
  }

  #untilRoom(): Promise<void> {
    return new Promise((resolve) => {
      const earlier = this.#room;
      this.#room = () => {
        earlier?.();
        resolve();
      };
    });
  }

  #makeRoom(): void {
    this.#room?.();
    this.#room = undefined;
  }
}
