import { msToSamples, PTIME_MS } from '../pcm.js';
import { FRAME_SAMPLES, type Party } from './party.js';

/**
 * One step of a robot's script. Lengths are rounded up to whole frames with silence, so that every step begins on
 * a tick.
 */
export type RobotStep =
  | { readonly say: Int16Array }
  /** Listens for `record` milliseconds and keeps what it hears. */
  | { readonly record: number }
  /** Says what the last `record` kept. */
  | 'play-back';

/** What a robot tells the call that it is in. */
export interface RobotEvents {
  /** The robot begins or stops to record what it hears (property VAA_INPUT_STATUS of the caller's CALL). */
  listening(active: boolean): void;
  /** The script is over: the robot hangs up. */
  finished(): void;
}

/** A party that follows a script on the call's own sample clock. */
export class Robot implements Party {
  readonly #script: readonly RobotStep[];
  readonly #events: RobotEvents;
  #step = 0;
  #offset = 0;
  #recording = new Int16Array(0);

  constructor(script: readonly RobotStep[], events: RobotEvents) {
    this.#script = script;
    this.#events = events;
    this.#enter();
  }

  speak(frame: Int16Array): void {
    frame.fill(0);
    const step = this.#script[this.#step];
    if (step === undefined || isRecord(step)) return;
    const speech = step === 'play-back' ? this.#recording : step.say;
    frame.set(speech.subarray(this.#offset, this.#offset + FRAME_SAMPLES));
  }

  hear(frame: Int16Array): void {
    const step = this.#script[this.#step];
    if (step === undefined) return;
    if (isRecord(step)) this.#recording.set(frame, this.#offset);
    this.#offset += FRAME_SAMPLES;
    if (this.#offset >= this.#lengthOf(step)) this.#next(step);
  }

  async leave(): Promise<void> {
    this.#step = this.#script.length;
  }

  #next(step: RobotStep): void {
    if (isRecord(step)) this.#events.listening(false);
    this.#step++;
    this.#offset = 0;
    if (this.#step === this.#script.length) this.#events.finished();
    else this.#enter();
  }

  #enter(): void {
    const step = this.#script[this.#step];
    if (step === undefined || !isRecord(step)) return;
    this.#recording = new Int16Array(Math.ceil(step.record / PTIME_MS) * FRAME_SAMPLES);
    this.#events.listening(true);
  }

  #lengthOf(step: RobotStep): number {
    if (step === 'play-back') return this.#recording.length;
    return isRecord(step) ? msToSamples(step.record) : step.say.length;
  }
}

function isRecord(step: RobotStep): step is { readonly record: number } {
  return typeof step === 'object' && 'record' in step;
}
