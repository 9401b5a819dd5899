import { checkArgument, checkOptions, object, type Rules, whole, within } from '../../base/check.js';
import { msToSamples, type PcmFormat, pcmFormat, VOICE_FORMAT } from '../../base/pcm.js';
import type { PcmAnalyzer } from '../stage.js';

export interface ToneDetectorOptions {
  /** What to listen for, in Hz: 100 to 0.45 of the sample rate. Default 1000. */
  readonly frequency?: number;
  /** Layout of the samples. Default {@link VOICE_FORMAT}. */
  readonly format?: PcmFormat;
  /** Which channel is listened to. Default 0. */
  readonly channel?: number;
  /** Shortest tone that counts, in milliseconds: 40 to 10000. Default 80. */
  readonly minDurationMs?: number;
  /** Quietest tone that counts, as the peak of its sine in dBFS: -80 to 0. Default -45. */
  readonly minLevelDbfs?: number;
  /** Part of the energy that has to be the tone's, 0.5 to 0.99. Default 0.8. */
  readonly purity?: number;
}

const RULES: Rules<ToneDetectorOptions> = {
  frequency: within(100, 86_400, 'Hz'),
  format: object,
  channel: whole(0, 31),
  minDurationMs: within(40, 10_000, 'ms'),
  minLevelDbfs: within(-80, 0, 'dBFS'),
  purity: within(0.5, 0.99),
};

/**
 * What was heard. `position`, `begin` and `end` count samples per channel from the first that was pushed; `end` is
 * the first sample after the tone.
 */
export type ToneEvent =
  | { readonly type: 'begin'; readonly position: number }
  | { readonly type: 'end'; readonly begin: number; readonly end: number; readonly levelDbfs: number };

type State =
  | { readonly name: 'quiet' }
  /** The tone stands out, but not for long enough yet. `peak`: largest amplitude so far. */
  | { readonly name: 'rising'; readonly since: number; peak: number }
  | { readonly name: 'sounding'; readonly begin: number; peak: number; lastStrong: number };

/** The sliding window: long enough to tell the tone from its neighbours 50 Hz away. */
const WINDOW_MS = 20;

/**
 * Finds a single tone, such as the beep of an answering machine. It slides a window over the signal sample by
 * sample and compares the energy at the frequency with all energy in the window, so that neither speech nor other
 * tones count. The edges are where the amplitude passes half of the tone's.
 *
 * States: quiet -> rising -> sounding -> quiet; rising falls back to quiet when the tone is too short.
 */
export class ToneDetector implements PcmAnalyzer<ToneEvent> {
  readonly #channels: number;
  readonly #channel: number;
  readonly #window: number;
  readonly #minCount: number;
  readonly #minAmplitude: number;
  readonly #purity: number;
  /** The oscillator's angle for each sample, and its cosine and sine. */
  readonly #step: number;
  readonly #stepCos: number;
  readonly #stepSin: number;
  /** Last window of x·cos, x·sin and the recent amplitudes, as rings. */
  readonly #inPhase: Float64Array;
  readonly #quadrature: Float64Array;
  readonly #squares: Float64Array;
  readonly #amplitudes: Float32Array;
  #cos = 1;
  #sin = 0;
  #sumInPhase = 0;
  #sumQuadrature = 0;
  #sumSquares = 0;
  #position = 0;
  #interleaved = 0;
  #state: State = { name: 'quiet' };

  /** @throws ERR_INVALID_ARG for an option out of range. */
  constructor(options: ToneDetectorOptions = {}) {
    checkOptions(options, RULES);
    const { frequency = 1000, channel = 0, minDurationMs = 80, minLevelDbfs = -45, purity = 0.8 } = options;
    const format = pcmFormat(options.format ?? VOICE_FORMAT);
    checkArgument('frequency', frequency, within(100, 0.45 * format.sampleRate, 'Hz'));
    checkArgument('channel', channel, whole(0, format.channels - 1));
    this.#channels = format.channels;
    this.#channel = channel;
    this.#window = msToSamples(WINDOW_MS, format);
    this.#minCount = msToSamples(minDurationMs, format);
    this.#minAmplitude = 32768 * 10 ** (minLevelDbfs / 20);
    this.#purity = purity;
    this.#step = (2 * Math.PI * frequency) / format.sampleRate;
    this.#stepCos = Math.cos(this.#step);
    this.#stepSin = Math.sin(this.#step);
    this.#inPhase = new Float64Array(this.#window);
    this.#quadrature = new Float64Array(this.#window);
    this.#squares = new Float64Array(this.#window);
    this.#amplitudes = new Float32Array(this.#minCount + 2 * this.#window);
  }

  push(samples: Int16Array): ToneEvent[] {
    const events: ToneEvent[] = [];
    for (let i = 0; i < samples.length; i++) {
      if (this.#interleaved === this.#channel) this.#take(samples[i] ?? 0, events);
      if (++this.#interleaved === this.#channels) this.#interleaved = 0;
    }
    return events;
  }

  flush(): ToneEvent[] {
    const events: ToneEvent[] = [];
    // Silence moves the end of a tone that still sounds through the window; it cannot end behind the input.
    const end = this.#position;
    for (let i = 0; i < 2 * this.#window && this.#state.name !== 'quiet'; i++) this.#take(0, events);
    return events.map((event) =>
      event.type === 'end' ? { ...event, end: Math.min(event.end, end) } : event,
    );
  }

  #take(sample: number, events: ToneEvent[]): void {
    const amplitude = this.#slide(sample);
    const isPure = (amplitude * amplitude * this.#window) / 2 >= this.#purity * this.#sumSquares;
    const isTone = isPure && amplitude >= this.#minAmplitude;
    const position = this.#position++;
    const state = this.#state;
    switch (state.name) {
      case 'quiet':
        if (isTone) this.#state = { name: 'rising', since: position, peak: amplitude };
        return;
      case 'rising':
        if (!isTone) {
          this.#state = { name: 'quiet' };
          return;
        }
        state.peak = Math.max(state.peak, amplitude);
        // Pure windows last shorter than the tone by the part of a window that has to be filled first.
        if (position - state.since >= this.#minCount - this.#window) {
          const begin = this.#risingEdge(position, state);
          this.#state = { name: 'sounding', begin, peak: state.peak, lastStrong: position };
          events.push({ type: 'begin', position: begin });
        }
        return;
      case 'sounding':
        if (isPure) state.peak = Math.max(state.peak, amplitude);
        if (amplitude >= state.peak / 2) state.lastStrong = position;
        if (!isTone && position - state.lastStrong >= this.#window / 2) this.#finish(state, events);
        return;
      default:
        state satisfies never;
    }
  }

  /** Moves the window on by one sample; returns the amplitude of the tone in it. */
  #slide(sample: number): number {
    const slot = this.#position % this.#window;
    if (slot === 0) this.#aim();
    const inPhase = sample * this.#cos;
    const quadrature = sample * this.#sin;
    this.#turn();
    this.#sumInPhase += inPhase - (this.#inPhase[slot] ?? 0);
    this.#sumQuadrature += quadrature - (this.#quadrature[slot] ?? 0);
    this.#sumSquares += sample * sample - (this.#squares[slot] ?? 0);
    this.#inPhase[slot] = inPhase;
    this.#quadrature[slot] = quadrature;
    this.#squares[slot] = sample * sample;
    const power = this.#sumInPhase ** 2 + this.#sumQuadrature ** 2;
    const amplitude = (2 * Math.sqrt(power)) / this.#window;
    this.#amplitudes[this.#position % this.#amplitudes.length] = amplitude;
    return amplitude;
  }

  /** Sets the oscillator by the position: once a window, so that its rounding errors do not add up. */
  #aim(): void {
    const angle = this.#step * this.#position;
    this.#cos = Math.cos(angle);
    this.#sin = Math.sin(angle);
  }

  /** Turns the oscillator by one sample. */
  #turn(): void {
    const cos = this.#cos * this.#stepCos - this.#sin * this.#stepSin;
    this.#sin = this.#cos * this.#stepSin + this.#sin * this.#stepCos;
    this.#cos = cos;
  }

  /** Walks back to where the window was half full of the tone: the tone began half a window before. */
  #risingEdge(position: number, { since, peak }: { since: number; peak: number }): number {
    let at = Math.min(position, since + this.#window);
    const oldest = Math.max(0, position - this.#amplitudes.length + 1);
    while (at > oldest && (this.#amplitudes[(at - 1) % this.#amplitudes.length] ?? 0) >= peak / 2) at--;
    return Math.max(0, at - Math.floor(this.#window / 2) + 1);
  }

  #finish(state: Extract<State, { name: 'sounding' }>, events: ToneEvent[]): void {
    const end = state.lastStrong - Math.floor(this.#window / 2) + 1;
    const levelDbfs = 20 * Math.log10(state.peak / 32768);
    events.push({ type: 'end', begin: state.begin, end: Math.max(end, state.begin), levelDbfs });
    this.#state = { name: 'quiet' };
  }
}
