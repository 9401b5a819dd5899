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
/** A tone counts as sounding after this. */
const SOUNDS = msToSamples(40);
/** Tones that follow each other within this are one sequence: special information tones, a melody. */
const SEQUENCE_GAP = msToSamples(150);
/** Single tones with which networks tell ringing, busy and dialling lie between these, in Hz (ITU-T E.180). */
const NETWORK_LOWEST = 380;
const NETWORK_HIGHEST = 490;
/** Shorter ones are network tones only where they repeat. */
const NETWORK_SHORTEST = msToSamples(190);
/** The same tone after a break that is no longer than this goes on: no cadence has pauses so short. */
const CONTINUES = msToSamples(60);
/** Bursts up to this length are those of a busy tone or of a double ring; what comes again does so within the wait. */
const SHORT_BURST = msToSamples(600);
const SHORT_BURST_WAIT = msToSamples(850);
/** Longer ones are those of a ring-back tone, with pauses of up to 5 s. */
const RING_WAIT = msToSamples(5300);
/** Tones whose frequencies differ by no more than this are the same, in Hz. */
const SAME = 20;
/** First and second, second and third of the special information tones, in Hz (ITU-T E.180: 950, 1400, 1800). */
const SIT_STEPS = [
  [950, 1400],
  [1400, 1800],
] as const;
const SIT_TOLERANCE = 60;
/** Sound other than tones that makes a greeting, and its least RMS (-38 dBFS). */
const VOICE = msToSamples(300);
const VOICE_RMS = 400;
/** Sound after a tone that is softer than this part of the tone (-12 dB) is noise. */
const FOLLOWS = 0.25;

/**
 * Finds the beep of an answering machine: one steady sine of 350 to 2500 Hz, 120 ms to 2 s long. It is told when what
 * follows shows that it is none of the tones of a network:
 *
 * - of tones that follow each other at once, the last is told; special information tones and sequences of three or
 *   more frequencies are no beeps;
 * - a tone of 380 to 490 Hz may be ring-back or busy. It is a beep when nothing follows it for 0.85 s, or for 5.3 s
 *   where it was longer than 0.6 s; one of 190 ms or longer only after a greeting. One that comes again is a cadence,
 *   and stays one.
 *
 * Source: ITU-T E.180 and its supplement 2 (tones in national networks).
 */
export class BeepDetector implements PcmAnalyzer<Beep> {
  readonly #pulses = new TonePulses();
  /** Tones of which what follows is not known yet, oldest first. */
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

  /** True while it is not known yet whether a tone that sounds, or has sounded, is a beep. */
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

  /** Tells the beeps among the tones that wait: what follows them is known, or nothing does. */
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

/** Silence after which a tone is known to be the last of its sequence. */
function waitAfter(pulse: TonePulse): number {
  if (!mayBeNetwork(pulse)) return SEQUENCE_GAP;
  return pulse.end - pulse.begin > SHORT_BURST ? RING_WAIT : SHORT_BURST_WAIT;
}

/** Tones that follow each other at once, together. */
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
