import { msToSamples, VOICE_FORMAT } from '../../base/pcm.js';
import { FrameCutter } from '../../voice/frame-cutter.js';

/** One steady sine; positions count samples. */
export interface TonePulse {
  readonly begin: number;
  end: number;
  /** Mean frequency, in Hz. */
  frequency: number;
  /** RMS of the loudest window. */
  rms: number;
  /** Number of windows that consist almost only of this sine. */
  hits: number;
}

/** The newest 20 ms: part of a pulse, another sound, or quiet. */
export interface ToneWindow {
  readonly kind: 'tone' | 'sound' | 'quiet';
  readonly rms: number;
  /** Position of the first sample after it. */
  readonly end: number;
  /** Pulse that the window belongs to, or that may continue after it. */
  readonly open?: TonePulse;
  /** Pulse that is now known to be over. */
  readonly over?: TonePulse;
}

const HOP = msToSamples(10);
const WINDOW = 2 * HOP;
/** Range of the tones of machines and networks, in Hz. */
const LOWEST = 350;
const HIGHEST = 2500;
/** Least RMS of a tone (-44 dBFS). */
const MIN_RMS = 200;
/** Least ratio of a window's energy at one frequency. */
const PURITY = 0.85;
/** Largest change of frequency within a pulse, in Hz. */
const DRIFT = 30;
/** Longest break within a pulse: a lost frame does not end it. */
const BREAK = msToSamples(50);
/** Shortest pulse. Shorter ones are parts of speech. */
const SHORTEST = msToSamples(100);
/** Least ratio of pure windows in a pulse. Two tones that beat are pure only at times. */
const COVERAGE = 0.6;

/**
 * Finds steady sines of 350 to 2500 Hz that last 100 ms or longer. Every 10 ms, the zero crossings of the last 20 ms
 * give the frequency, and the energy at that frequency gives its purity. Voices change their pitch and have overtones.
 * Two tones together are not pure.
 */
export class TonePulses {
  readonly #cutter = new FrameCutter(HOP);
  readonly #window = new Int16Array(WINDOW);
  #end = 0;
  #pulse: TonePulse | undefined;

  *push(samples: Int16Array): Generator<ToneWindow, void, undefined> {
    for (const half of this.#cutter.push(samples)) {
      this.#window.copyWithin(0, HOP);
      this.#window.set(half, HOP);
      this.#end += HOP;
      yield this.#take();
    }
  }

  /** Ends the stream. Returns the pulse that it cut off, if any. */
  flush(): TonePulse | undefined {
    const over = this.#pulse;
    this.#pulse = undefined;
    return over && isPulse(over) ? over : undefined;
  }

  #take(): ToneWindow {
    const end = this.#end;
    const rms = rmsOf(this.#window);
    const frequency = rms < MIN_RMS ? undefined : pureFrequency(this.#window, rms);
    const before = this.#pulse;
    const goes = before && frequency !== undefined && Math.abs(frequency - before.frequency) <= DRIFT;
    if (goes) extend(before, frequency, rms, end);
    const isOver = before && !goes && (frequency !== undefined || end - WINDOW - before.end >= BREAK);
    if (isOver || (!before && frequency !== undefined)) {
      this.#pulse =
        frequency === undefined
          ? undefined
          : { begin: Math.max(0, end - WINDOW), end, frequency, rms, hits: 1 };
    }
    const kind = frequency !== undefined ? 'tone' : rms < MIN_RMS ? 'quiet' : 'sound';
    const open = this.#pulse;
    return {
      ...{ kind, rms, end },
      ...(open ? { open } : {}),
      ...(isOver && isPulse(before) ? { over: before } : {}),
    };
  }
}

function extend(pulse: TonePulse, frequency: number, rms: number, end: number): void {
  pulse.hits++;
  pulse.frequency += (frequency - pulse.frequency) / pulse.hits;
  pulse.rms = Math.max(pulse.rms, rms);
  pulse.end = end;
}

/** True when a pulse is long and steady enough. */
export function isPulse({ begin, end, hits }: TonePulse): boolean {
  return end - begin >= SHORTEST && hits >= (COVERAGE * (end - begin - HOP)) / HOP;
}

function rmsOf(window: Int16Array): number {
  let energy = 0;
  for (const sample of window) energy += sample * sample;
  return Math.sqrt(energy / window.length);
}

/** Returns the frequency of a window that consists almost only of one sine. */
function pureFrequency(window: Int16Array, rms: number): number | undefined {
  let crossings = 0;
  let first = 0;
  let last = 0;
  for (let i = 1; i < window.length; i++) {
    const sample = window[i] ?? 0;
    const before = window[i - 1] ?? 0;
    if (before >= 0 || sample < 0) continue;
    // Position between the two samples at which the wave crossed zero.
    last = i - sample / (sample - before);
    if (crossings++ === 0) first = last;
  }
  if (crossings < 3) return undefined;
  const frequency = ((crossings - 1) * VOICE_FORMAT.sampleRate) / (last - first);
  if (frequency < LOWEST || frequency > HIGHEST) return undefined;
  return energyAt(window, frequency) >= PURITY * rms * rms * window.length ? frequency : undefined;
}

/** Returns the energy of a window at `frequency`. */
function energyAt(window: Int16Array, frequency: number): number {
  const angle = (2 * Math.PI * frequency) / VOICE_FORMAT.sampleRate;
  let re = 0;
  let im = 0;
  for (let i = 0; i < window.length; i++) {
    re += (window[i] ?? 0) * Math.cos(angle * i);
    im += (window[i] ?? 0) * Math.sin(angle * i);
  }
  return (2 * (re * re + im * im)) / window.length;
}
