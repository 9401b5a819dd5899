import { checkArgument, checkOptions, stream } from '../../base/check.js';
import { type PcmFormat, type PcmSource, pcmFormat } from '../../base/pcm.js';
import type { ResampleQuality } from '../resample/resample-filter.js';
import type { ResampleLatency } from '../resample/resample-plan.js';
import { FILTER_RULES, Resampler } from '../resample/resampler.js';
import { transformPcm } from '../stage.js';
import { mixChannels } from './channels.js';

export interface ToFormatOptions {
  /** Quality of the resampler, if one is needed. Default `'high'`. */
  readonly quality?: ResampleQuality;
  /** See {@link ResamplerOptions.latency}. Default `'low'`. */
  readonly latency?: ResampleLatency;
}

/**
 * Converts a stream to another format: mixes channels ({@link mixChannels}) and changes the rate ({@link Resampler}). A
 * stream that has the format already passes through unchanged.
 *
 * @throws ERR_INVALID_ARG for a format out of range; ERR_UNSUPPORTED between two numbers of channels above one.
 */
export function toFormat(
  source: PcmSource,
  from: PcmFormat,
  to: PcmFormat,
  options: ToFormatOptions = {},
): PcmSource {
  checkArgument('source', source, stream);
  checkOptions(options, FILTER_RULES);
  const input = pcmFormat(from, 'from');
  const output = pcmFormat(to, 'to');
  mixChannels(new Int16Array(), input.channels, output.channels);
  // The resampler gets as few channels as possible.
  const channels = Math.min(input.channels, output.channels);
  const narrowed = withChannels(source, input.channels, channels);
  const resampled =
    input.sampleRate === output.sampleRate
      ? narrowed
      : transformPcm(
          narrowed,
          new Resampler({ from: input.sampleRate, to: output.sampleRate, channels, ...options }),
        );
  return withChannels(resampled, channels, output.channels);
}

function withChannels(source: PcmSource, from: number, to: number): PcmSource {
  return from === to ? source : mixed(source, from, to);
}

async function* mixed(source: PcmSource, from: number, to: number): AsyncGenerator<Int16Array> {
  for await (const samples of source) yield mixChannels(samples, from, to);
}
