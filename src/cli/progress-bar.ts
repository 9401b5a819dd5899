import type { SingleBar } from 'cli-progress';
import type { PcmProgress } from '../voice.js';
import { printable } from './terminal-text.js';

/** Shows how far long work has come, on a terminal; elsewhere it stays silent. */
export interface ProgressBar {
  readonly onProgress: (progress: PcmProgress) => void;
  /** Takes the bar off the terminal; a later progress puts it there again. */
  stop(): void;
}

const HALF_A_SECOND = 500;

/** A bar on standard error. It appears when the work has taken half a second. */
export function progressBar(what: string): ProgressBar {
  if (!process.stderr.isTTY) return { onProgress: () => {}, stop: () => {} };
  const startedAt = performance.now();
  let library: typeof import('cli-progress') | undefined;
  // Only a terminal needs it, and not before the work has taken a while.
  void import('cli-progress').then((loaded) => {
    library = loaded;
  });
  let bar: SingleBar | undefined;
  return {
    onProgress({ position, sampleCount }) {
      if (!library || sampleCount === undefined || performance.now() - startedAt < HALF_A_SECOND) return;
      if (!bar) {
        const format = `${printable(what)} {bar} {percentage}% | {eta_formatted}`;
        bar = new library.SingleBar(
          { format, stream: process.stderr, clearOnComplete: true },
          library.Presets.shades_classic,
        );
        bar.start(sampleCount, position);
      }
      bar.update(Math.min(position, sampleCount));
    },
    stop() {
      bar?.stop();
      bar = undefined;
    },
  };
}
