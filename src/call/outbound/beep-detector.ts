import { msToSamples, VOICE_FORMAT } from '../../pcm.js';
import type { PcmAnalyzer } from '../../voice/stage.js';

/** A beep that was heard; positions count samples. */
export interface Beep {
  readonly begin: number;
  readonly end: number;
  /** In Hz, to within 15. */
  readonly frequency: number;
}

const FRAME = msToSamples(20);
/** Beeps of answering machines lie between these, in Hz. */
const LOWEST = 350;
const HIGHEST = 2500;
/** Shorter tones are parts of speech, longer ones are dial tones, in frames. */
const MIN_FRAMES = 6;
const MAX_FRAMES = 100;
const MIN_RMS = 200;
/** Part of a frame's energy that has to lie at one frequency. */
const PURITY = 0.85;
/** The frequency of a beep stays within this from frame to frame, in Hz. */
const DRIFT = 30;

interface Tone {
  readonly begin: number;
  readonly frequency: number;
  frames: number;
}

/**
 * Finds the beep of an answering machine: one steady sine of 350 to 2500 Hz, 120 ms to 2 s long, with silence or
 * anything else after it. Each 20 ms the zero crossings give the frequency, and the energy at it how pure it is;
 * voices change their pitch from frame to frame and have overtones.
 */
export class BeepDetector implements PcmAnalyzer<Beep> {
  readonly #frame = new Int16Array(FRAME);
  #filled = 0;
  #position = 0;
  #tone: Tone | undefined;

  push(samples: Int16Array): Beep[] {
    const beeps: Beep[] = [];
    for (let at = 0; at < samples.length; ) {
      const part = samples.subarray(at, at + FRAME - this.#filled);
      this.#frame.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled < FRAME) continue;
      this.#take(beeps);
      this.#filled = 0;
      this.#position += FRAME;
    }
    return beeps;
  }

  flush(): Beep[] {
    const beeps: Beep[] = [];
    this.#end(beeps);
    return beeps;
  }

  #take(beeps: Beep[]): void {
    const frequency = pureFrequency(this.#frame);
    const tone = this.#tone;
    if (frequency !== undefined && tone && Math.abs(frequency - tone.frequency) <= DRIFT) {
      tone.frames++;
      return;
    }
    this.#end(beeps);
    if (frequency !== undefined) this.#tone = { begin: this.#position, frequency, frames: 1 };
  }

  #end(beeps: Beep[]): void {
    const tone = this.#tone;
    this.#tone = undefined;
    if (!tone || tone.frames < MIN_FRAMES || tone.frames > MAX_FRAMES) return;
    const { begin, frequency, frames } = tone;
    beeps.push({ begin, end: begin + frames * FRAME, frequency: Math.round(frequency) });
  }
}

/** The frequency of a frame that is nearly all one sine. */
function pureFrequency(frame: Int16Array): number | undefined {
  let energy = 0;
  let crossings = 0;
  let first = 0;
  let last = 0;
  for (let i = 0; i < frame.length; i++) {
    const sample = frame[i] ?? 0;
    energy += sample * sample;
    const before = frame[i - 1] ?? sample;
    if (before >= 0 || sample < 0) continue;
    // Where between the two samples the wave passed zero.
    last = i - sample / (sample - before);
    if (crossings++ === 0) first = last;
  }
  if (crossings < 3 || Math.sqrt(energy / frame.length) < MIN_RMS) return undefined;
  const frequency = ((crossings - 1) * VOICE_FORMAT.sampleRate) / (last - first);
  if (frequency < LOWEST || frequency > HIGHEST) return undefined;
  return energyAt(frame, frequency) >= PURITY * energy ? frequency : undefined;
}

/** Energy of a frame's sine at `frequency`. */
function energyAt(frame: Int16Array, frequency: number): number {
  const angle = (2 * Math.PI * frequency) / VOICE_FORMAT.sampleRate;
  let re = 0;
  let im = 0;
  for (let i = 0; i < frame.length; i++) {
    re += (frame[i] ?? 0) * Math.cos(angle * i);
    im += (frame[i] ?? 0) * Math.sin(angle * i);
  }
  return (2 * (re * re + im * im)) / frame.length;
}
