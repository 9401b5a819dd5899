import { checkArgument, object } from '../../base/check.js';
import type { DrawSpectrogramOptions } from './spectrogram-picture.js';

/**
 * Draws the spectrogram of a recording: time to the right, frequency upwards, darker where it is louder. Memory is
 * constant however long the sound is.
 *
 * @throws ERR_INVALID_ARG for options out of range; ERR_FILE and ERR_WAV for the files; ERR_ABORTED.
 */
export async function drawSpectrogram(options: DrawSpectrogramOptions): Promise<void> {
  checkArgument('options', options, object);
  // Loaded when first used: most programs draw nothing.
  const { writeSpectrogram } = await import('./spectrogram-picture.js');
  await writeSpectrogram(options);
}
