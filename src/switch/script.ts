import { msToSamples, PTIME_MS } from '../base/pcm.js';
import { FRAME_SAMPLES, type Party } from './party.js';

/** Receiver of the frames of a script. */
export interface Listener {
  write(frame: Int16Array): void | Promise<void>;
}

/** One step of a script. Lengths are rounded up to whole frames with silence, so that each step begins on a tick. */
export type ScriptStep =
  /** Says `say`. `to` gets each of its samples as well. */
  | { readonly say: Int16Array; readonly to?: Listener }
  /** Stays silent for this many milliseconds. */
  | { readonly wait: number }
  /** Listens for `record` milliseconds, and keeps the audio or gives it to `into`. */
  | { readonly record: number; readonly into?: Listener }
  /** Says the audio that the last `record` kept. */
  | 'play-back'
  /** Calls `run` between two ticks. */
  | { readonly run: () => void };

/** Party that follows a script, timed by the samples of the call. */
export class Script implements Party {
  readonly #steps: readonly ScriptStep[];
  readonly #finished: () => void;
  #step = 0;
  #offset = 0;
  #recording = new Int16Array(0);

  /** @param finished called once, after the last step. */
  constructor(steps: readonly ScriptStep[], finished: () => void) {
    this.#steps = steps;
    this.#finished = finished;
    this.#enter();
  }

  /** Goes on with the step after `index`, if the script has not passed `index` yet. */
  skipPast(index: number): void {
    if (this.#step > index) return;
    this.#step = index;
    this.#next();
  }

  speak(frame: Int16Array): void | Promise<void> {
    frame.fill(0);
    const part = this.#speech()?.subarray(this.#offset, this.#offset + FRAME_SAMPLES);
    if (!part) return;
    frame.set(part);
    const step = this.#steps[this.#step];
    if (typeof step === 'object' && 'say' in step) return step.to?.write(part);
  }

  hear(frame: Int16Array): void | Promise<void> {
    const step = this.#steps[this.#step];
    if (step === undefined) return;
    const wait = isRecord(step) ? this.#keep(step, frame) : undefined;
    this.#offset += FRAME_SAMPLES;
    if (this.#offset >= this.#lengthOf(step)) this.#next();
    return wait;
  }

  async leave(): Promise<void> {
    this.#step = this.#steps.length;
  }

  #speech(): Int16Array | undefined {
    const step = this.#steps[this.#step];
    if (step === 'play-back') return this.#recording;
    return step && 'say' in step ? step.say : undefined;
  }

  #keep(step: RecordStep, frame: Int16Array): void | Promise<void> {
    if (step.into) return step.into.write(frame);
    this.#recording.set(frame, this.#offset);
  }

  #next(): void {
    this.#step++;
    this.#offset = 0;
    this.#enter();
  }

  /** Carries out the steps that take no time, up to the next one that does. */
  #enter(): void {
    for (; this.#step < this.#steps.length; this.#step++) {
      const step = this.#steps[this.#step];
      if (step === undefined) return;
      if (step !== 'play-back' && 'run' in step) step.run();
      else {
        if (isRecord(step) && !step.into) this.#recording = new Int16Array(framesOf(step.record));
        return;
      }
    }
    this.#finished();
  }

  #lengthOf(step: ScriptStep): number {
    if (step === 'play-back') return this.#recording.length;
    if ('say' in step) return step.say.length;
    if ('wait' in step) return msToSamples(step.wait);
    return 'record' in step ? msToSamples(step.record) : 0;
  }
}

type RecordStep = Extract<ScriptStep, { readonly record: number }>;

function isRecord(step: ScriptStep): step is RecordStep {
  return typeof step === 'object' && 'record' in step;
}

function framesOf(ms: number): number {
  return Math.ceil(ms / PTIME_MS) * FRAME_SAMPLES;
}
