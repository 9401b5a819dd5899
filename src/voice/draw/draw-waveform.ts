import type { PictureOptions } from './picture-options.js';

export type DrawWaveformOptions = PictureOptions;

/**
 * Draws the waveform of a recording: for each channel its extremes and, darker, its RMS, with clipping marked in
 * red, above a time axis. Memory is constant however long the sound is.
 *
 * ```ts
 * await drawWaveform({ input: ['remote.wav', 'local.wav'], output: 'call.png', labels: ['Remote', 'Local'] });
 * ```
 *
 * @throws ERR_INVALID_ARG for options out of range; ERR_FILE and ERR_WAV for the files; ERR_ABORTED.
 */
export async function drawWaveform(options: DrawWaveformOptions): Promise<void> {
  // Loaded when first used: most programs draw nothing.
  const { writeWaveform } = await import('./waveform-picture.js');
  await writeWaveform(options);
}
