import { checkOptions, either, listOf, needed, object, type Rules, within } from '../../base/check.js';
import { invalidArgument } from '../../base/errors.js';
import { msToSamples, type PcmFormat, pcmFormat, VOICE_FORMAT } from '../../base/pcm.js';

export interface ToneOptions {
  /** One frequency, or several that sound together (each at `levelDbfs`), in Hz: above 0, below half the rate. */
  readonly frequency: number | readonly number[];
  /** Length, in milliseconds: 0 to 3600000. */
  readonly durationMs: number;
  /** Peak of each sine, in dBFS: -100 to 0. Default -12. */
  readonly levelDbfs?: number;
  /** Fade at both ends against clicks, in milliseconds. Default 5, at most half the tone. */
  readonly fadeMs?: number;
  /** Default {@link VOICE_FORMAT}. Every channel gets the same. */
  readonly format?: PcmFormat;
}

const HZ = within(0, 96_000, 'Hz');
const RULES: Rules<ToneOptions> = {
  frequency: needed(either(HZ, listOf(HZ, 1))),
  durationMs: needed(within(0, 3_600_000, 'ms')),
  levelDbfs: within(-100, 0, 'dBFS'),
  fadeMs: within(0, Infinity, 'ms'),
  format: object,
};

/**
 * Makes samples of a tone, such as the beep before a recording: `toneSamples({ frequency: 1000, durationMs: 200 })`.
 */
export function toneSamples(options: ToneOptions): Int16Array {
  checkOptions(options, RULES);
  const { durationMs, levelDbfs = -12, fadeMs = 5 } = options;
  const format = pcmFormat(options.format ?? VOICE_FORMAT);
  const frequencies = typeof options.frequency === 'number' ? [options.frequency] : options.frequency;
  const nyquist = format.sampleRate / 2;
  if (frequencies.some((hz) => !(hz > 0 && hz < nyquist))) {
    throw invalidArgument('frequency', `one or more, above 0 and below ${nyquist} Hz`, options.frequency);
  }

  const count = msToSamples(durationMs, format);
  const fade = Math.min(msToSamples(fadeMs, format), Math.floor(count / 2));
  const amplitude = 32767 * 10 ** (levelDbfs / 20);
  const samples = new Int16Array(count * format.channels);
  for (let i = 0; i < count; i++) {
    let sum = 0;
    for (const hz of frequencies) sum += Math.sin((2 * Math.PI * hz * i) / format.sampleRate);
    const value = Math.round(sum * amplitude * fadeGain(i, count, fade));
    samples.fill(Math.max(-32768, Math.min(32767, value)), i * format.channels, (i + 1) * format.channels);
  }
  return samples;
}

/** Gain of a raised cosine over the first and the last `fade` of `count` samples. */
function fadeGain(i: number, count: number, fade: number): number {
  const fromEdge = Math.min(i, count - 1 - i);
  return fromEdge >= fade ? 1 : 0.5 - 0.5 * Math.cos((Math.PI * (fromEdge + 0.5)) / fade);
}
