import type { PcmFormat } from '../../base/pcm.js';
import type { WavReader } from '../wav/wav-reader.js';
import { gainOf } from './gain-ramp.js';
import { MOST_SUMS, mixKernel } from './mix-kernel.js';

/** A WAV file with its place in the mix. */
export interface PlacedFile {
  readonly wav: WavReader;
  readonly gainDb?: number;
  /** Position in the mix at which it begins, in samples per channel. Default 0. */
  readonly position?: number;
}

/** Sums that are made at once. They and the samples of one file fit into a processor's second cache. */
const BLOCK = MOST_SUMS / 2;

/**
 * Mixes files of s16 in one format. Their samples go from the files straight into the memory of the kernel, and reads
 * block. The result is that of a `Mixer`, to the sample.
 *
 * @param limit Writes sums as s16.
 * @throws as {@link WavReader.samples}.
 */
export function* mixWavFiles(
  files: readonly PlacedFile[],
  { channels }: PcmFormat,
  limit: (target: Int16Array, sums: Float32Array) => void,
): Generator<Int16Array, void, undefined> {
  const kernel = mixKernel();
  const placed = files.map(({ wav, gainDb = 0, position = 0 }) => ({
    wav,
    gain: gainOf(gainDb),
    from: position,
    to: position + wav.sampleCount,
  }));
  const length = Math.max(0, ...placed.map(({ to }) => to));
  const block = Math.floor(BLOCK / channels);
  for (let at = 0; at < length; at += block) {
    const end = Math.min(length, at + block);
    const sums = kernel.sums.subarray(0, (end - at) * channels).fill(0);
    for (const { wav, gain, from, to } of placed) {
      const first = Math.max(at, from);
      const count = Math.min(end, to) - first;
      if (count <= 0) continue;
      wav.readNow(first - from, kernel.samples.subarray(0, count * channels));
      if (gain !== 0) kernel.addLoaded((first - at) * channels, count * channels, gain);
    }
    const samples = new Int16Array(sums.length);
    limit(samples, sums);
    yield samples;
  }
}
