import { msToSamples } from '../../base/pcm.js';
import type { MediaAudio } from '../dialect/media-event.js';
import { ToVoice } from './to-voice.js';

/** Rate at which it is read: that of the calls of an exchange. */
const RATE = 16_000;
/** Time over which audio that never runs out counts as a delay that does not go away, in samples. */
const WINDOW = 2 * RATE;

/** Options of a {@link PlayOut}. */
export interface PlayOutOptions {
  /** Audio that waits before it is played, so that what comes unevenly has no holes. In milliseconds. */
  readonly prefillMs: number;
  /** Audio that may wait, in milliseconds; the oldest is dropped beyond. */
  readonly maxMs: number;
  /** True when audio that keeps waiting for two seconds is a delay to be taken away; false where it is sent ahead. */
  readonly isLive: boolean;
  /** Told of a mark when all before it was played, or was cleared. */
  readonly onMark?: (name: string, heard: boolean) => void;
}

/** Counters of a {@link PlayOut}, in samples of 16 kHz. */
export interface PlayOutStats {
  readonly received: number;
  readonly played: number;
  /** Silence because nothing was there. */
  readonly missing: number;
  /** Dropped: too much waited, or a delay was taken away. */
  readonly dropped: number;
  readonly cleared: number;
  readonly waiting: number;
}

/** Audio of a session on its way to a call: 16 kHz mono, read frame by frame. */
export class PlayOut {
  readonly #options: PlayOutOptions;
  readonly #prefill: number;
  readonly #max: number;
  readonly #toVoice = new ToVoice();
  readonly #chunks: Int16Array[] = [];
  readonly #marks: { readonly name: string; readonly at: number }[] = [];
  #offset = 0;
  #waiting = 0;
  #isFilling = true;
  /** Samples that were read while some waited, and not enough. */
  #filling = 0;
  #received = 0;
  #played = 0;
  #missing = 0;
  #dropped = 0;
  #cleared = 0;
  #least = Number.POSITIVE_INFINITY;
  #sinceLook = 0;

  constructor(options: PlayOutOptions) {
    this.#options = options;
    this.#prefill = msToSamples(options.prefillMs);
    this.#max = msToSamples(options.maxMs);
  }

  get stats(): PlayOutStats {
    return {
      ...{ received: this.#received, played: this.#played, missing: this.#missing },
      ...{ dropped: this.#dropped, cleared: this.#cleared, waiting: this.#waiting },
    };
  }

  write(audio: MediaAudio): void {
    this.#append(this.#toVoice.push(audio));
    if (this.#waiting > this.#max) this.#drop(this.#waiting - this.#max);
    if (this.#waiting >= this.#prefill) this.#isFilling = false;
  }

  /** Fills `frame`; what is not there is silence. */
  read(frame: Int16Array): void {
    let filled = 0;
    if (!this.#isStillFilling(frame.length)) {
      filled = this.#take(frame);
      if (filled < frame.length) {
        this.#append(this.#toVoice.flush());
        filled += this.#take(frame.subarray(filled));
      }
    }
    this.#played += filled;
    frame.fill(0, filled);
    if (filled < frame.length) {
      this.#missing += frame.length - filled;
      // A pause is over when enough is there again.
      if (this.#waiting === 0) this.#fill();
    }
    this.#reachMarks();
    if (this.#options.isLive) this.#look(frame.length);
  }

  /** Nothing more comes: what waits is played, however little it is. */
  flush(): void {
    this.#isFilling = false;
  }

  mark(name: string): void {
    this.#marks.push({ name, at: this.#received });
    this.#isFilling &&= this.#waiting === 0;
    this.#reachMarks();
  }

  /** Forgets what waits; its marks come back unheard. */
  clear(): void {
    this.#cleared += this.#waiting;
    this.#chunks.length = 0;
    this.#offset = 0;
    this.#waiting = 0;
    this.#fill();
    this.#toVoice.reset();
    for (const { name } of this.#marks.splice(0)) this.#options.onMark?.(name, false);
  }

  #append(ready: Int16Array): void {
    if (ready.length === 0) return;
    this.#chunks.push(ready);
    this.#waiting += ready.length;
    this.#received += ready.length;
  }

  #fill(): void {
    this.#isFilling = true;
    this.#filling = 0;
  }

  /** Ends the filling when less than the prefill waits and no more comes in as long a time. */
  #isStillFilling(length: number): boolean {
    if (this.#waiting > 0 && this.#filling >= this.#prefill) this.#isFilling = false;
    if (this.#waiting > 0) this.#filling += length;
    return this.#isFilling;
  }

  #take(frame: Int16Array): number {
    let filled = 0;
    while (filled < frame.length) {
      const chunk = this.#chunks[0];
      if (!chunk) break;
      const part = chunk.subarray(this.#offset, this.#offset + frame.length - filled);
      frame.set(part, filled);
      filled += part.length;
      this.#skip(part.length);
    }
    return filled;
  }

  #skip(count: number): void {
    this.#waiting -= count;
    this.#offset += count;
    for (let chunk = this.#chunks[0]; chunk && this.#offset >= chunk.length; chunk = this.#chunks[0]) {
      this.#offset -= chunk.length;
      this.#chunks.shift();
    }
  }

  #drop(count: number): void {
    this.#dropped += count;
    this.#skip(count);
  }

  #reachMarks(): void {
    const done = this.#received - this.#waiting;
    for (let mark = this.#marks[0]; mark && mark.at <= done; mark = this.#marks[0]) {
      this.#marks.shift();
      this.#options.onMark?.(mark.name, true);
    }
  }

  /** Drops audio that has waited all the time for two seconds: it is delay, and no help. */
  #look(length: number): void {
    this.#least = Math.min(this.#least, this.#waiting);
    this.#sinceLook += length;
    if (this.#sinceLook < WINDOW) return;
    if (this.#least > this.#prefill) this.#drop(this.#least - this.#prefill);
    this.#least = Number.POSITIVE_INFINITY;
    this.#sinceLook = 0;
  }
}
