import { Envelope } from './envelope.js';
import { writePicture } from './picture-file.js';
import { type PictureOptions, readPicture } from './picture-options.js';
import { waveformSvg } from './waveform-svg.js';

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
  const picture = await readPicture(options, ({ channels }) => new Envelope(channels));
  await writePicture(options.output, waveformSvg(picture));
}
