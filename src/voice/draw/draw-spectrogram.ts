import { checkArgument, object } from '../../base/check.js';
import type { DrawSpectrogramOptions } from './spectrogram-picture.js';

/**
 * Draws the spectrogram of a recording: time to the right, frequency upwards, darker where it is louder. Memory use
 * does not depend on the length of the sound.
 *
 * @throws ERR_INVALID_ARG for options out of range; ERR_FILE and ERR_WAV for the files; ERR_ABORTED.
 */
export async function drawSpectrogram(options: DrawSpectrogramOptions): Promise<void> {
  checkArgument('options', options, object);
  // Loaded on first use: most programs draw nothing.
  const { writeSpectrogram } = await import('./spectrogram-picture.js');
  await writeSpectrogram(options);
}
