import { ComfortNoise } from './comfort-noise.js';
import { Concealer } from './concealer.js';

/** Makes what is heard in place of voice that is not there: noise, silence, or the voice before it. Counts in samples. */
export class VoiceFiller {
  readonly #noise = new ComfortNoise();
  #concealer = new Concealer(8000);
  #silent = 0;
  #concealed = 0;

  /** Samples that stand for what the peer did not send. */
  get silent(): number {
    return this.#silent;
  }

  /** Samples that stand for what was lost or late. */
  get concealed(): number {
    return this.#concealed;
  }

  /** Takes voice that came, and joins it to what was made up before it. */
  heard(samples: Int16Array): Int16Array {
    this.#noise.level = undefined;
    const own = samples.slice();
    this.#concealer.heard(own);
    return own;
  }

  /** Takes the level of the noise that the peer asks for, in -dBov. */
  comfort(level: number | undefined): void {
    this.#noise.level = level;
  }

  /** True while the peer asks for noise. */
  get isNoise(): boolean {
    return this.#noise.level !== undefined;
  }

  /** True where what is missing is a pause: the peer asked for noise, or has sent all its packets (`isWhole`). */
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

  /** The voice that follows is another, at this rate in Hz. */
  changeRate(sampleRate: number): void {
    this.#concealer = new Concealer(sampleRate);
  }

  /** Ends the noise. */
  restart(): void {
    this.#noise.level = undefined;
  }
}
