import { invalidArgument } from '../errors.js';
import { msToSamples, type PcmSink, VOICE_FORMAT } from '../pcm.js';

/** What became of one leg in an aligned recording. All counts are samples. */
export interface LegAccount {
  /** Samples of the leg that are in the recording. */
  readonly recorded: number;
  /** Silence put in where the leg had no samples in time, or none at all. */
  readonly silenceFilled: number;
  /** Samples that came after their place had been filled with silence. */
  readonly late: number;
  /** Samples beyond the end of the recording. */
  readonly cut: number;
}

/** Options of {@link LegAligner}. */
export interface LegAlignerOptions {
  /** How far one leg may run ahead of the other, in milliseconds of audio, before the other is filled. Default 5000. */
  readonly maxSkewMs?: number;
}

/** Stereo samples per write to the sink: 100 ms. */
const BLOCK_SAMPLES = msToSamples(100);

/**
 * Puts two mono legs on one sample clock: what has the same position in both streams lies in the same stereo
 * sample, however the chunks arrive. Left is the local leg, right the remote one.
 *
 * A leg that lags more than `maxSkewMs` behind the other is filled with silence, which is counted; it is never
 * shifted.
 */
export class LegAligner {
  /** Takes the local leg. */
  readonly local: PcmSink;
  /** Takes the remote leg. */
  readonly remote: PcmSink;
  readonly #sink: PcmSink;
  readonly #maxSkew: number;
  readonly #left = new Leg();
  readonly #right = new Leg();
  #written = 0;
  #pump: Promise<void> = Promise.resolve();
  #finished = false;

  /** @param sink Gets interleaved stereo. It is not ended by the aligner. */
  constructor(sink: PcmSink, options: LegAlignerOptions = {}) {
    const maxSkewMs = options.maxSkewMs ?? 5000;
    if (!(maxSkewMs >= 100 && maxSkewMs <= 60_000)) {
      throw invalidArgument('maxSkewMs', 'from 100 to 60000 ms', maxSkewMs);
    }
    this.#maxSkew = msToSamples(maxSkewMs, VOICE_FORMAT);
    this.#sink = sink;
    this.local = this.#legSink(this.#left);
    this.remote = this.#legSink(this.#right);
  }

  /** Length of what has been written so far, in samples per channel. */
  get position(): number {
    return this.#written;
  }

  get accounts(): { readonly local: LegAccount; readonly remote: LegAccount } {
    return { local: this.#left.account, remote: this.#right.account };
  }

  /**
   * Ends the recording at `length` samples (default: the longer leg): a shorter leg is filled, a longer one cut.
   * Resolves when all of it has been taken by the sink.
   */
  async finish(length = Math.max(this.#left.end, this.#right.end)): Promise<void> {
    if (this.#finished) return;
    this.#finished = true;
    await this.#queue(() => this.#writeTo(Math.max(length, this.#written)));
    this.#left.cutRest();
    this.#right.cutRest();
  }

  #legSink(leg: Leg): PcmSink {
    return {
      write: (samples, position) => {
        if (this.#finished) return;
        leg.take(samples, position, this.#written);
        const ready = this.#readyUpTo();
        if (ready - this.#written < BLOCK_SAMPLES) return;
        return this.#queue(() => this.#writeTo(this.#readyUpTo()));
      },
      end: () => undefined,
    };
  }

  /** Both legs are here up to this position, or the one that is not is too late. */
  #readyUpTo(): number {
    const ahead = Math.max(this.#left.end, this.#right.end);
    return Math.max(Math.min(this.#left.end, this.#right.end), ahead - this.#maxSkew);
  }

  #queue(task: () => Promise<void>): Promise<void> {
    this.#pump = this.#pump.then(task);
    return this.#pump;
  }

  async #writeTo(end: number): Promise<void> {
    while (this.#written < end) {
      const count = Math.min(BLOCK_SAMPLES, end - this.#written);
      const stereo = new Int16Array(count * 2);
      this.#left.moveTo(stereo, 0, this.#written, count);
      this.#right.moveTo(stereo, 1, this.#written, count);
      const position = this.#written;
      this.#written += count;
      await this.#sink.write(stereo, position);
    }
  }
}

interface Piece {
  readonly samples: Int16Array;
  readonly position: number;
}

/** Samples of one leg that have come but are not written yet, in order of their position. */
class Leg {
  /** One past the last sample that came. */
  end = 0;
  readonly #pieces: Piece[] = [];
  #recorded = 0;
  #silenceFilled = 0;
  #late = 0;
  #cut = 0;

  get account(): LegAccount {
    return {
      recorded: this.#recorded,
      silenceFilled: this.#silenceFilled,
      late: this.#late,
      cut: this.#cut,
    };
  }

  take(samples: Int16Array, position: number, written: number): void {
    const late = Math.min(samples.length, Math.max(0, written - position));
    this.#late += late;
    if (late < samples.length) this.#pieces.push({ samples: samples.slice(late), position: position + late });
    this.end = Math.max(this.end, position + samples.length);
  }

  /** Moves what lies in [from, from + count) into one channel of `stereo`, which is silent so far. */
  moveTo(stereo: Int16Array, channel: 0 | 1, from: number, count: number): void {
    let filled = 0;
    for (let piece = this.#pieces[0]; piece && piece.position < from + count; piece = this.#pieces[0]) {
      const taken = piece.samples.subarray(0, from + count - piece.position);
      const start = (piece.position - from) * 2 + channel;
      for (let i = 0; i < taken.length; i++) stereo[start + i * 2] = taken[i] ?? 0;
      filled += taken.length;
      if (taken.length === piece.samples.length) this.#pieces.shift();
      else this.#pieces[0] = { samples: piece.samples.subarray(taken.length), position: from + count };
    }
    this.#recorded += filled;
    this.#silenceFilled += count - filled;
  }

  cutRest(): void {
    for (const piece of this.#pieces.splice(0)) this.#cut += piece.samples.length;
  }
}
