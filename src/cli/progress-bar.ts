import type { SingleBar } from 'cli-progress';
import type { PcmProgress } from '../voice.js';
import { printable } from './terminal-text.js';

/** Shows the progress of long work on a terminal. Prints nothing elsewhere. */
export interface ProgressBar {
  readonly onProgress: (progress: PcmProgress) => void;
  /** Removes the bar from the terminal. A later progress shows it again. */
  stop(): void;
}

const HALF_A_SECOND = 500;

/** Creates a bar on standard error. It appears after half a second of work. */
export function progressBar(what: string): ProgressBar {
  if (!process.stderr.isTTY) return { onProgress: () => {}, stop: () => {} };
  const startedAt = performance.now();
  let library: typeof import('cli-progress') | undefined;
  // Loaded in the background, and only for a terminal.
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
