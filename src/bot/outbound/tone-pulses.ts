import { msToSamples, VOICE_FORMAT } from '../../base/pcm.js';
import { FrameCutter } from '../../voice/frame-cutter.js';

/** One steady sine; positions count samples. */
export interface TonePulse {
  readonly begin: number;
  end: number;
  /** Mean, in Hz. */
  frequency: number;
  /** Loudest window. */
  rms: number;
  /** Windows that were nearly all this sine. */
  hits: number;
}

/** The newest 20 ms: part of a pulse, another sound, or next to nothing. */
export interface ToneWindow {
  readonly kind: 'tone' | 'sound' | 'quiet';
  readonly rms: number;
  /** The first sample after it. */
  readonly end: number;
  /** The pulse that it belongs to or that may still go on after it. */
  readonly open?: TonePulse;
  /** A pulse that has turned out to be over. */
  readonly over?: TonePulse;
}

const HOP = msToSamples(10);
const WINDOW = 2 * HOP;
/** Tones of machines and networks lie between these, in Hz. */
const LOWEST = 350;
const HIGHEST = 2500;
/** Below this RMS there is nothing to tell a tone by (-44 dBFS). */
const MIN_RMS = 200;
/** Part of a window's energy that has to lie at one frequency. */
const PURITY = 0.85;
/** The frequency of a pulse stays within this, in Hz. */
const DRIFT = 30;
/** A break that is no longer than this is a lost frame, not the end. */
const BREAK = msToSamples(50);
/** Shorter pulses are parts of speech. */
const SHORTEST = msToSamples(100);
/** Part of its windows that have to be pure: two tones that beat are so now and then only. */
const COVERAGE = 0.6;

/**
 * Finds steady sines of 350 to 2500 Hz, 100 ms long or longer. Each 10 ms the zero crossings of the last 20 ms give the
 * frequency, and the energy at it how pure it is: voices change their pitch and have overtones, and two tones together
 * are not one.
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

  /** The pulse that the end of the stream has cut off. */
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

/** True when it is long enough, and steady. */
export function isPulse({ begin, end, hits }: TonePulse): boolean {
  return end - begin >= SHORTEST && hits >= (COVERAGE * (end - begin - HOP)) / HOP;
}

function rmsOf(window: Int16Array): number {
  let energy = 0;
  for (const sample of window) energy += sample * sample;
  return Math.sqrt(energy / window.length);
}

/** The frequency of a window that is nearly all one sine. */
function pureFrequency(window: Int16Array, rms: number): number | undefined {
  let crossings = 0;
  let first = 0;
  let last = 0;
  for (let i = 1; i < window.length; i++) {
    const sample = window[i] ?? 0;
    const before = window[i - 1] ?? 0;
    if (before >= 0 || sample < 0) continue;
    // Where between the two samples the wave passed zero.
    last = i - sample / (sample - before);
    if (crossings++ === 0) first = last;
  }
  if (crossings < 3) return undefined;
  const frequency = ((crossings - 1) * VOICE_FORMAT.sampleRate) / (last - first);
  if (frequency < LOWEST || frequency > HIGHEST) return undefined;
  return energyAt(window, frequency) >= PURITY * rms * rms * window.length ? frequency : undefined;
}

/** Energy of a window's sine at `frequency`. */
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
