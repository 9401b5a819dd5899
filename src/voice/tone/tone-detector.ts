import { checkArgument, checkOptions, object, type Rules, whole, within } from '../../base/check.js';
import { msToSamples, type PcmFormat, pcmFormat, SAMPLES, VOICE_FORMAT } from '../../base/pcm.js';
import type { PcmAnalyzer } from '../stage.js';
import { SampleHistory } from './sample-history.js';
import { ToneGate } from './tone-gate.js';
import { ToneMeter } from './tone-meter.js';

export interface ToneDetectorOptions {
  /** Frequency to listen for, in Hz: 100 to 0.45 of the sample rate. Default 1000. */
  readonly frequency?: number;
  /** Layout of the samples. Default {@link VOICE_FORMAT}. */
  readonly format?: PcmFormat;
  /** Channel to listen to. Default 0. */
  readonly channel?: number;
  /** Shortest tone that counts, in milliseconds: 40 to 10000. Default 80. */
  readonly minDurationMs?: number;
  /** Quietest tone that counts, as the peak of its sine in dBFS: -80 to 0. Default -45. */
  readonly minLevelDbfs?: number;
  /** Part of the energy that must be the tone's, 0.5 to 0.99. Default 0.8. */
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
 * Begin or end of a tone. `position`, `begin` and `end` count samples per channel from the first one that was pushed;
 * `end` is the first sample after the tone.
 */
export type ToneEvent =
  | { readonly type: 'begin'; readonly position: number }
  | { readonly type: 'end'; readonly begin: number; readonly end: number; readonly levelDbfs: number };

/** Longest time from one window to the next while it is quiet. The shortest is a little more than a window. */
const LONGEST_STEP_MS = 60;
/** Windows before a tone in which its begin is searched, and one more that fills the first of them. */
const EDGE_WINDOWS = 4;

type State =
  | { readonly name: 'quiet' }
  /** The tone is present, but not for long enough yet. `peak`: largest amplitude so far. */
  | { readonly name: 'rising'; readonly since: number; peak: number }
  | { readonly name: 'sounding'; readonly begin: number; peak: number; lastStrong: number };

/**
 * Finds a single tone, such as the beep of an answering machine. A window of 20 ms moves over the signal sample by
 * sample. It compares the energy at the frequency with all energy in it, so neither speech nor other tones count. An
 * edge lies where the amplitude passes half of the tone's.
 *
 * States: quiet -> rising -> sounding -> quiet; rising falls back to quiet when the tone is too short. While it is quiet,
 * only some windows are looked at: a tone that is long enough is in one of them. The samples before it are measured
 * then.
 */
export class ToneDetector implements PcmAnalyzer<ToneEvent> {
  readonly #minCount: number;
  readonly #minAmplitude: number;
  readonly #history: SampleHistory;
  readonly #gate: ToneGate;
  /** Samples from one window that is looked at to the next while it is quiet. */
  readonly #step: number;
  readonly #window: ToneMeter;
  /** Samples that were observed, or do not matter. */
  #observed = 0;
  #state: State = { name: 'quiet' };

  /** @throws ERR_INVALID_ARG for an option out of range. */
  constructor(options: ToneDetectorOptions = {}) {
    checkOptions(options, RULES);
    const { frequency = 1000, channel = 0, minDurationMs = 80, minLevelDbfs = -45, purity = 0.8 } = options;
    const format = pcmFormat(options.format ?? VOICE_FORMAT);
    checkArgument('frequency', frequency, within(100, 0.45 * format.sampleRate, 'Hz'));
    checkArgument('channel', channel, whole(0, format.channels - 1));
    this.#minCount = msToSamples(minDurationMs, format);
    this.#minAmplitude = 32768 * 10 ** (minLevelDbfs / 20);
    this.#window = new ToneMeter({ frequency, format, purity, historyLength: this.#minCount });
    const { length } = this.#window;
    this.#step = Math.min(this.#minCount - length + 1, msToSamples(LONGEST_STEP_MS, format));
    this.#history = new SampleHistory(format.channels, channel, EDGE_WINDOWS * length + this.#step);
    this.#gate = new ToneGate({ frequency, format, length, purity, minAmplitude: this.#minAmplitude });
  }

  push(samples: Int16Array): ToneEvent[] {
    checkArgument('samples', samples, SAMPLES);
    const events: ToneEvent[] = [];
    const history = this.#history;
    const own = history.pick(samples);
    for (let at = 0; at < own.length; ) {
      at = history.take(own, at);
      while (this.#observed < history.count) {
        const end = this.#observed + this.#step;
        if (this.#state.name !== 'quiet') this.#follow(events);
        else if (end <= history.count) this.#look(end, events);
        else break;
      }
    }
    return events;
  }

  flush(): ToneEvent[] {
    const events: ToneEvent[] = [];
    const end = this.#history.count;
    if (this.#state.name === 'quiet') this.#observeAgain(end, events);
    // Silence moves the end of a tone that still sounds through the window. The end cannot lie behind the input.
    for (let i = 0; i < 2 * this.#window.length && this.#state.name !== 'quiet'; i++)
      this.#observe(0, events);
    return events.map((event) =>
      event.type === 'end' ? { ...event, end: Math.min(event.end, end) } : event,
    );
  }

  /** Looks at the window before `end`, and at the samples that were not observed if a tone may be in it. */
  #look(end: number, events: ToneEvent[]): void {
    const { length } = this.#window;
    if (this.#gate.lets(this.#history.part(end - length, length))) this.#observeAgain(end, events);
    this.#observed = end;
  }

  /** Observes the samples up to `end` that were not observed, after those of the windows before. */
  #observeAgain(end: number, events: ToneEvent[]): void {
    const from = Math.max(0, this.#observed - EDGE_WINDOWS * this.#window.length);
    this.#window.startAt(from);
    for (const sample of this.#history.part(from, this.#observed - from)) this.#window.take(sample);
    for (const sample of this.#history.part(this.#observed, end - this.#observed))
      this.#observe(sample, events);
    this.#observed = end;
  }

  /** Observes samples until it is quiet. */
  #follow(events: ToneEvent[]): void {
    for (const sample of this.#history.part(this.#observed, this.#history.count - this.#observed)) {
      this.#observe(sample, events);
      this.#observed++;
      if (this.#state.name === 'quiet') return;
    }
  }

  #observe(sample: number, events: ToneEvent[]): void {
    const window = this.#window;
    const position = window.count;
    const amplitude = window.take(sample);
    const isPure = window.isPure(amplitude);
    const isTone = isPure && amplitude >= this.#minAmplitude;
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
        // Pure windows last shorter than the tone, since a part of the window must be filled first.
        if (position - state.since >= this.#minCount - window.length) {
          const begin = window.risingEdge(state.since + window.length, state.peak);
          this.#state = { name: 'sounding', begin, peak: state.peak, lastStrong: position };
          events.push({ type: 'begin', position: begin });
        }
        return;
      case 'sounding':
        if (isPure) state.peak = Math.max(state.peak, amplitude);
        if (amplitude >= state.peak / 2) state.lastStrong = position;
        if (!isTone && position - state.lastStrong >= window.length / 2) this.#finish(state, events);
        return;
      default:
        state satisfies never;
    }
  }

  #finish({ begin, peak, lastStrong }: Extract<State, { name: 'sounding' }>, events: ToneEvent[]): void {
    const end = Math.max(begin, this.#window.middleBefore(lastStrong));
    events.push({ type: 'end', begin, end, levelDbfs: 20 * Math.log10(peak / 32768) });
    this.#state = { name: 'quiet' };
  }
}
