import { checkArgument, listOf, within } from '../../base/check.js';
import { invalidArgument, JackfieldError } from '../../base/errors.js';
import { CHANNELS, SAMPLES } from '../../base/pcm.js';

/**
 * Changes the number of interleaved channels. To one channel it averages all; from one channel it copies that one to
 * all. For the same number it returns the same array.
 *
 * @throws ERR_UNSUPPORTED between two different numbers above one: use {@link mapChannels}.
 * @throws ERR_INVALID_ARG when `samples` are not whole frames, or a number of channels is not 1 to 32.
 */
export function mixChannels(samples: Int16Array, from: number, to: number): Int16Array {
  checkArgument('from', from, CHANNELS);
  checkArgument('to', to, CHANNELS);
  const count = wholeFrames(samples, from);
  if (from === to) return samples;
  if (from !== 1 && to !== 1) {
    throw new JackfieldError(
      'ERR_UNSUPPORTED',
      `There is no standard mapping from ${from} channels to ${to}: use mapChannels with your own gains.`,
    );
  }
  const mixed = new Int16Array(count * to);
  if (from === 1) {
    for (let i = 0; i < mixed.length; i++) mixed[i] = samples[Math.floor(i / to)] ?? 0;
    return mixed;
  }
  for (let i = 0; i < count; i++) {
    let sum = 0;
    for (let channel = 0; channel < from; channel++) sum += samples[i * from + channel] ?? 0;
    mixed[i] = Math.round(sum / from);
  }
  return mixed;
}

/**
 * Mixes channels by a table of gains. `gains[out][in]` is the gain from input channel `in` to output channel `out`:
 * `[[0, 1], [1, 0]]` swaps left and right. Sums beyond 16 bits are clipped.
 *
 * @throws ERR_INVALID_ARG when rows are missing or of different length.
 */
export function mapChannels(samples: Int16Array, gains: readonly (readonly number[])[]): Int16Array {
  checkArgument('gains', gains, GAINS);
  const from = gains[0]?.length ?? 0;
  if (gains.some((row) => row.length !== from)) {
    throw invalidArgument(
      'gains',
      'one row for each output channel, each with one gain for each input',
      gains,
    );
  }
  const count = wholeFrames(samples, from);
  const mapped = new Int16Array(count * gains.length);
  gains.forEach((row, out) => {
    for (let i = 0; i < count; i++) {
      let sum = 0;
      for (let channel = 0; channel < from; channel++) {
        sum += (samples[i * from + channel] ?? 0) * (row[channel] ?? 0);
      }
      mapped[i * gains.length + out] = Math.max(-32768, Math.min(32767, Math.round(sum)));
    }
  });
  return mapped;
}

/**
 * Separates interleaved samples into one array for each channel.
 *
 * @throws ERR_INVALID_ARG when `samples` are not whole frames, or `channels` is not 1 to 32.
 */
export function splitChannels(samples: Int16Array, channels: number): Int16Array[] {
  const count = wholeFrames(samples, channels);
  return Array.from({ length: channels }, (_, channel) => {
    const lane = new Int16Array(count);
    for (let i = 0; i < count; i++) lane[i] = samples[i * channels + channel] ?? 0;
    return lane;
  });
}

/**
 * Interleaves one array for each channel, 1 to 32. Shorter ones are padded with silence.
 *
 * @throws ERR_INVALID_ARG.
 */
export function mergeChannels(lanes: readonly Int16Array[]): Int16Array {
  checkArgument('lanes', lanes, LANES);
  const channels = lanes.length;
  const count = lanes.reduce((longest, lane) => Math.max(longest, lane.length), 0);
  const merged = new Int16Array(count * channels);
  lanes.forEach((lane, channel) => {
    for (let i = 0; i < lane.length; i++) merged[i * channels + channel] = lane[i] ?? 0;
  });
  return merged;
}

const LANES = listOf(SAMPLES, 1, 32);
const GAINS = listOf(listOf(within(-1e6, 1e6), 1, 32), 1, 32);

/** Samples per channel. @throws ERR_INVALID_ARG. */
export function wholeFrames(samples: Int16Array, channels: number): number {
  checkArgument('samples', samples, SAMPLES);
  checkArgument('channels', channels, CHANNELS);
  if (samples.length % channels === 0) return samples.length / channels;
  throw invalidArgument('samples', `a multiple of ${channels} channels long`, samples.length);
}
