import { msToSamples } from '../../base/pcm.js';
import type { PcmAnalyzer } from '../../voice/stage.js';
import { type TonePulse, TonePulses, type ToneWindow } from './tone-pulses.js';

/** A beep that was heard; positions count samples. */
export interface Beep {
  readonly begin: number;
  readonly end: number;
  /** In Hz, to within 15. */
  readonly frequency: number;
}

/** Longer tones are dial tones or a fax. */
const LONGEST = msToSamples(2000);
/** Length after which a tone counts as sounding. */
const SOUNDS = msToSamples(40);
/** Longest gap between tones of one sequence: special information tones, or a melody. */
const SEQUENCE_GAP = msToSamples(150);
/** Range of the single tones of networks for ringing, busy and dialling, in Hz (ITU-T E.180). */
const NETWORK_LOWEST = 380;
const NETWORK_HIGHEST = 490;
/** Shorter tones are network tones only when they repeat. */
const NETWORK_SHORTEST = msToSamples(190);
/** Longest break within one tone: no cadence has pauses this short. */
const CONTINUES = msToSamples(60);
/** Longest burst of a busy tone or a double ring, and the time within which such a burst repeats. */
const SHORT_BURST = msToSamples(600);
const SHORT_BURST_WAIT = msToSamples(850);
/** Time within which a longer burst repeats: a ring-back tone has pauses of up to 5 s. */
const RING_WAIT = msToSamples(5300);
/** Largest difference of frequency within the same tone, in Hz. */
const SAME = 20;
/** Steps between the special information tones, in Hz (ITU-T E.180: 950, 1400, 1800). */
const SIT_STEPS = [
  [950, 1400],
  [1400, 1800],
] as const;
const SIT_TOLERANCE = 60;
/** Length of sound other than tones that makes a greeting, and its least RMS (-38 dBFS). */
const VOICE = msToSamples(300);
const VOICE_RMS = 400;
/** Ratio to the tone below which sound after it is noise (-12 dB). */
const FOLLOWS = 0.25;

/**
 * Finds the beep of an answering machine: one steady sine of 350 to 2500 Hz, 120 ms to 2 s long. It is reported when
 * the sound after it shows that it is not a network tone:
 *
 * - in a sequence of tones the last is reported. Special information tones and sequences of three or more frequencies
 *   are not beeps;
 * - a tone of 380 to 490 Hz may be ring-back or busy. It is a beep when nothing follows it for 0.85 s, or for 5.3 s
 *   after a tone longer than 0.6 s. A tone of 190 ms or longer is a beep only after a greeting. A tone that repeats is
 *   a cadence, and stays one.
 *
 * Source: ITU-T E.180 and its supplement 2 (tones in national networks).
 */
export class BeepDetector implements PcmAnalyzer<Beep> {
  readonly #pulses = new TonePulses();
  /** Tones that are not decided yet, oldest first. */
  #waiting: TonePulse[] = [];
  /** A network tone that was heard twice. */
  #cadence: TonePulse | undefined;
  #voice = 0;
  /** Loud sound since the last tone. */
  #followed = 0;

  #sounding = false;
  #isLong = false;

  /** True when one steady tone has sounded for at least 40 ms. */
  get sounding(): boolean {
    return this.#sounding;
  }

  /** True while a tone that sounds or has sounded may still be a beep. */
  get undecided(): boolean {
    return this.#waiting.length > 0 || (this.#sounding && !this.#isLong);
  }

  push(samples: Int16Array): Beep[] {
    const beeps: Beep[] = [];
    for (const window of this.#pulses.push(samples)) this.#observe(window, beeps);
    return beeps;
  }

  flush(): Beep[] {
    const beeps: Beep[] = [];
    const last = this.#pulses.flush();
    if (last) this.#add(last, beeps);
    this.#settle(beeps);
    return beeps;
  }

  #observe(window: ToneWindow, beeps: Beep[]): void {
    if (window.over) this.#add(window.over, beeps);
    const { open } = window;
    this.#sounding = open !== undefined && open.end - open.begin >= SOUNDS;
    this.#isLong = open !== undefined && open.end - open.begin > LONGEST;
    if (window.kind === 'sound' && !this.#sounding) this.#hear(window);
    const last = this.#waiting.at(-1);
    const isKnown = last && (window.end - last.end >= waitAfter(last) || this.#followed >= VOICE);
    if (isKnown && !this.#sounding) this.#settle(beeps);
  }

  #hear({ rms }: ToneWindow): void {
    const hop = msToSamples(10);
    if (rms >= VOICE_RMS) this.#voice += hop;
    if (rms >= FOLLOWS * (this.#waiting.at(-1)?.rms ?? 0)) this.#followed += hop;
  }

  #add(pulse: TonePulse, beeps: Beep[]): void {
    const last = this.#waiting.at(-1);
    if (last && pulse.begin - last.end > waitAfter(last)) this.#settle(beeps);
    const goesOn = last && pulse.begin - last.end <= CONTINUES && isSame(last, pulse);
    if (goesOn) this.#waiting[this.#waiting.length - 1] = { ...pulse, begin: last.begin };
    else this.#waiting.push(pulse);
    this.#followed = 0;
  }

  /** Decides about the waiting tones and reports the beeps among them. */
  #settle(beeps: Beep[]): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const sequence of sequences(waiting)) {
      const last = sequence.at(-1);
      if (!last || isMelody(sequence) || last.end - last.begin > LONGEST) continue;
      if (mayBeNetwork(last) && this.#isNetwork(last, waiting)) continue;
      beeps.push({ begin: last.begin, end: last.end, frequency: Math.round(last.frequency) });
    }
  }

  #isNetwork(pulse: TonePulse, waiting: readonly TonePulse[]): boolean {
    if (waiting.filter((other) => isSame(other, pulse)).length > 1) this.#cadence = pulse;
    if (this.#cadence && isSame(this.#cadence, pulse)) return true;
    if (pulse.end - pulse.begin < NETWORK_SHORTEST) return false;
    return pulse !== waiting.at(-1) || this.#followed >= VOICE || this.#voice < VOICE;
  }
}

function mayBeNetwork({ frequency }: TonePulse): boolean {
  return frequency >= NETWORK_LOWEST && frequency <= NETWORK_HIGHEST;
}

function isSame(one: TonePulse, other: TonePulse): boolean {
  return Math.abs(one.frequency - other.frequency) <= SAME;
}

/** Returns the silence after which a tone is known to be the last of its sequence, in samples. */
function waitAfter(pulse: TonePulse): number {
  if (!mayBeNetwork(pulse)) return SEQUENCE_GAP;
  return pulse.end - pulse.begin > SHORT_BURST ? RING_WAIT : SHORT_BURST_WAIT;
}

/** Groups tones into sequences. */
function sequences(pulses: readonly TonePulse[]): TonePulse[][] {
  const all: TonePulse[][] = [];
  for (const pulse of pulses) {
    const before = all.at(-1)?.at(-1);
    if (before && pulse.begin - before.end <= SEQUENCE_GAP) all.at(-1)?.push(pulse);
    else all.push([pulse]);
  }
  return all;
}

/** True when consecutive tones are special information tones, or have three or more frequencies. */
function isMelody(pulses: readonly TonePulse[]): boolean {
  const steps = pulses.slice(1).map((pulse, i) => [pulses[i]?.frequency ?? 0, pulse.frequency] as const);
  const isNear = (a: number, b: number) => Math.abs(a - b) <= SIT_TOLERANCE;
  const isSit = steps.some(([a, b]) => SIT_STEPS.some(([from, to]) => isNear(a, from) && isNear(b, to)));
  return isSit || steps.filter(([a, b]) => !isNear(a, b)).length >= 2;
}
