import { checkArgument, checkOptions, stream } from '../../base/check.js';
import { type PcmFormat, type PcmSource, pcmFormat } from '../../base/pcm.js';
import { transformPcm } from '../stage.js';
import { mixChannels } from './channels.js';
import type { ResampleQuality } from './resample-filter.js';
import type { ResampleLatency } from './resample-plan.js';
import { FILTER_RULES, Resampler } from './resampler.js';

export interface ToFormatOptions {
  /** Quality of the resampler, where one is needed. Default `'high'`. */
  readonly quality?: ResampleQuality;
  /** See {@link ResamplerOptions.latency}. Default `'low'`. */
  readonly latency?: ResampleLatency;
}

/**
 * A stream in another format: channels mixed ({@link mixChannels}), rate changed ({@link Resampler}). A stream that
 * has the format already passes through untouched.
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
  // The fewer channels pass through the resampler, the better.
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
