import { msToSamples } from '../../base/pcm.js';
import type { CallTimeLine } from './call-time-line.js';
import { type DelayNoise, tooBusy } from './delay-noise.js';

/** Length of the windows for which the least delay is reported, in ms. */
export const WINDOW_MS = 10_000;
const WINDOW = msToSamples(WINDOW_MS);

/**
 * Called when a window has ended, with its number, which is the same for all legs of a time line. `delay` is the least
 * delay in the window, without the part that was lost. `noise` is its error. Both are in samples.
 */
export type OnWindow = (window: number, delay: number, noise: number) => void;

/** Reports the least delay of each ten seconds in which this process was not too busy to measure it. */
export class DelayWindows {
  readonly #line: CallTimeLine;
  readonly #noise: DelayNoise;
  readonly #onWindow: OnWindow | undefined;
  #window: { readonly number: number; readonly busyMs: number; least: number } | undefined;

  constructor(line: CallTimeLine, noise: DelayNoise, onWindow: OnWindow | undefined) {
    this.#line = line;
    this.#noise = noise;
    this.#onWindow = onWindow;
  }

  /** Notes a delay at `atMs`, when this process had been busy for `busyMs` in all. */
  note(atMs: number, busyMs: number, delay: number): void {
    const number = Math.floor(this.#line.at(atMs) / WINDOW);
    const window = this.#window;
    if (window && window.number >= number) {
      window.least = Math.min(window.least, delay);
      return;
    }
    if (window && !tooBusy(busyMs - window.busyMs, WINDOW_MS)) {
      this.#onWindow?.(window.number, window.least, this.#noise.samples);
    }
    this.#window = { number, busyMs, least: delay };
  }
}
