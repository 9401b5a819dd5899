import type { PictureOptions } from './picture-options.js';

export type DrawWaveformOptions = PictureOptions;

/**
 * Draws the waveform of a recording. Each channel shows its extremes and, darker, its RMS, above a time axis. Clipping
 * is marked in red. Memory use does not depend on the length of the sound.
 *
 * ```ts
 * await drawWaveform({ input: ['remote.wav', 'local.wav'], output: 'call.png', labels: ['Remote', 'Local'] });
 * ```
 *
 * @throws ERR_INVALID_ARG for options out of range; ERR_FILE and ERR_WAV for the files; ERR_ABORTED.
 */
export async function drawWaveform(options: DrawWaveformOptions): Promise<void> {
  // Loaded on first use: most programs draw nothing.
  const { writeWaveform } = await import('./waveform-picture.js');
  await writeWaveform(options);
}
