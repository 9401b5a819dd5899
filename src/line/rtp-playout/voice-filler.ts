import { ComfortNoise } from './comfort-noise.js';
import { Concealer } from './concealer.js';

/** Makes sound in place of missing voice: noise, silence, or the repeated voice before. Counts are in samples. */
export class VoiceFiller {
  readonly #noise = new ComfortNoise();
  #concealer = new Concealer(8000);
  #silent = 0;
  #concealed = 0;

  /** Samples in place of silence that the peer did not send. */
  get silent(): number {
    return this.#silent;
  }

  /** Samples in place of lost or late voice. */
  get concealed(): number {
    return this.#concealed;
  }

  /** Takes received voice, and joins it to the samples that were made up before it. */
  heard(samples: Int16Array): Int16Array {
    this.#noise.level = undefined;
    const own = samples.slice();
    this.#concealer.heard(own);
    return own;
  }

  /** Takes the level of comfort noise from the peer, in -dBov. */
  comfort(level: number | undefined): void {
    this.#noise.level = level;
  }

  /** True while the peer wants comfort noise. */
  get isNoise(): boolean {
    return this.#noise.level !== undefined;
  }

  /** Returns true when missing voice is a pause: the peer wants comfort noise, or no packet is missing (`isWhole`). */
  isPause(isWhole: boolean): boolean {
    return this.isNoise || (isWhole && !this.#concealer.concealing);
  }

  pause(count: number): Int16Array {
    this.#silent += count;
    return this.#noise.level === undefined ? new Int16Array(count) : this.#noise.make(count);
  }

  conceal(count: number): Int16Array {
    this.#concealed += count;
    return this.#concealer.conceal(count);
  }

  /** Begins another voice, at a sample rate in Hz. */
  changeRate(sampleRate: number): void {
    this.#concealer = new Concealer(sampleRate);
  }

  /** Ends the comfort noise. */
  restart(): void {
    this.#noise.level = undefined;
  }
}
