import { type PcmFormat, VOICE_FORMAT } from '../../base/pcm.js';
import { changeRate } from '../../voice/convert/change-rate.js';
import { pooledSamples } from '../../voice/process/pooled-samples.js';
import { concatSamples, type PcmTransform } from '../../voice/stage.js';
import type { MediaAudio } from '../dialect/media-event.js';

/** Converts audio of a session to mono at one sample rate. Default: that of a call, 16 kHz. */
export class ToVoice {
  readonly #to: number;
  #resampler: { readonly from: number; readonly stage: PcmTransform } | undefined;

  constructor(sampleRate: number = VOICE_FORMAT.sampleRate) {
    this.#to = sampleRate;
  }

  push({ samples, sampleRate: from, channels }: Pick<MediaAudio, 'samples' | keyof PcmFormat>): Int16Array {
    const mono = channels === 1 ? samples : mixed(samples, channels);
    const to = this.#to;
    if (this.#resampler && this.#resampler.from !== from) {
      const rest = this.flush();
      return concatSamples([rest, this.push({ samples: mono, sampleRate: from, channels: 1 })]);
    }
    if (from === to) return mono;
    this.#resampler ??= { from, stage: changeRate(from, to, pooledSamples) };
    return this.#resampler.stage.push(mono);
  }

  /** Returns the last samples of the audio so far. The next audio does not continue it. */
  flush(): Int16Array {
    const rest = this.#resampler?.stage.flush() ?? new Int16Array();
    this.#resampler = undefined;
    return rest;
  }

  /** Starts again. The next audio does not continue the last. */
  reset(): void {
    this.#resampler = undefined;
  }
}

/** Mixes channels to mono by their mean, truncated to an integer. An incomplete frame at the end is left out. */
export function mixed(samples: Int16Array, channels: number): Int16Array {
  const mono = new Int16Array(Math.floor(samples.length / channels));
  for (let at = 0; at < mono.length; at++) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) sum += samples[at * channels + channel] ?? 0;
    mono[at] = sum / channels;
  }
  return mono;
}
