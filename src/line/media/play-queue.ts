import { msToSamples } from '../../base/pcm.js';
import type { Clock } from '../../base/time/clock.js';
import { FRAME_SAMPLES } from '../../switch/party.js';
import type { MediaAudio } from '../dialect/media-event.js';
import { AudioQueue } from './audio-queue.js';
import { KeptDelay } from './kept-delay.js';
import { TimeToSpare } from './time-to-spare.js';
import { ToVoice } from './to-voice.js';

/** Most that a filter has of a frame that has come, in samples of 16 kHz. */
const FILTERS = 64;

/** Options of a {@link PlayQueue}. */
export interface PlayQueueOptions {
  /** Audio that may wait, in milliseconds; the oldest is dropped beyond. */
  readonly maxMs: number;
  /** True when audio that keeps waiting for two seconds is a delay to be taken away; false where it is sent ahead. */
  readonly isLive: boolean;
  /** Tells when audio comes. Default: nobody asks. */
  readonly clock?: Clock | undefined;
  /** Told of a mark when all before it was played, or was cleared. */
  readonly onMark?: (name: string, heard: boolean) => void;
}

/** Counters of a {@link PlayQueue}, in samples of 16 kHz. */
export interface PlayQueueStats {
  readonly received: number;
  readonly played: number;
  /** Silence because nothing was there. */
  readonly missing: number;
  /** Dropped: too much waited, or a delay was taken away. */
  readonly dropped: number;
  readonly cleared: number;
  readonly waiting: number;
  /** Audio that may keep waiting, as some has come late. */
  readonly guard: number;
}

/**
 * Audio of a session on its way to a call: 16 kHz mono, read frame by frame. What comes is played by the next read. Where
 * audio comes late, the hole that this leaves is the delay from then on, so that the next that is as late leaves none; the
 * delay goes when it has not been needed for a while.
 */
export class PlayQueue {
  readonly #options: PlayQueueOptions;
  readonly #max: number;
  readonly #toVoice = new ToVoice();
  readonly #audio = new AudioQueue();
  readonly #marks: { readonly name: string; readonly at: number }[] = [];
  readonly #delay = new KeptDelay();
  readonly #spare = new TimeToSpare();
  /** Nothing is being played: what comes next begins. */
  #isAtRest = true;
  #played = 0;
  #missing = 0;
  #dropped = 0;
  #cleared = 0;

  constructor(options: PlayQueueOptions) {
    this.#options = options;
    this.#max = msToSamples(options.maxMs);
  }

  get stats(): PlayQueueStats {
    const { received, waiting } = this.#audio;
    return {
      ...{ received, waiting, played: this.#played, missing: this.#missing },
      ...{ dropped: this.#dropped, cleared: this.#cleared, guard: this.#delay.guard },
    };
  }

  write(audio: MediaAudio): void {
    this.#append(this.#toVoice.push(audio));
    if (this.#audio.waiting > this.#max) this.#drop(this.#audio.waiting - this.#max);
  }

  /** Fills `frame`; what is not there is silence. */
  read(frame: Int16Array): void {
    this.#spare.begin();
    const begun = this.#isAtRest ? this.#begin(frame) : 0;
    const rest = frame.subarray(begun);
    let filled = this.#take(rest);
    if (filled < rest.length && !this.#isAtRest) {
      this.#append(this.#toVoice.flush());
      filled += this.#take(rest.subarray(filled));
    }
    rest.fill(0, filled);
    this.#played += filled;
    this.#missing += frame.length - filled;
    // Audio that came to an end within the frame is followed by a hole.
    if (filled < rest.length) {
      this.#isAtRest = true;
      this.#spare.hole();
      this.#delay.lack(rest.length - filled);
    }
    this.#reachMarks();
    if (!this.#options.isLive) return;
    const surplus = this.#delay.read(frame.length, this.#audio.waiting);
    if (surplus > 0) this.#drop(surplus);
  }

  /** True while audio is played of which the next frame has not come. */
  get isAwaited(): boolean {
    return this.#options.isLive && !this.#isAtRest && this.#audio.waiting < FRAME_SAMPLES;
  }

  /**
   * Milliseconds by which all audio of the last seconds could have been read earlier; asked after a read that was on time.
   * Nothing while there is no audio.
   */
  spareMs(): number | undefined {
    const { clock, isLive } = this.#options;
    const spare = this.#spare.ask(isLive ? clock?.now() : undefined, this.#audio.position);
    if (spare !== undefined) this.#delay.spare(spare);
    return spare;
  }

  mark(name: string): void {
    this.#marks.push({ name, at: this.#audio.received });
    this.#reachMarks();
  }

  /** Forgets what waits; its marks come back unheard. */
  clear(): void {
    this.#cleared += this.#audio.waiting;
    this.#audio.clear();
    this.#isAtRest = true;
    this.#delay.cut();
    this.#toVoice.reset();
    for (const { name } of this.#marks.splice(0)) this.#options.onMark?.(name, false);
  }

  #append(ready: Int16Array): void {
    this.#audio.append(ready, this.#options.clock?.now() ?? 0);
  }

  /**
   * Puts silence before less than a frame, so that what follows in time joins it; and before more, where a filter still
   * has the rest of the last frame: each would need the beginning of what comes after it. @returns the silence.
   */
  #begin(frame: Int16Array): number {
    const { waiting } = this.#audio;
    const lacking = frame.length - (waiting % frame.length);
    const silence = waiting < frame.length || lacking <= FILTERS ? Math.min(lacking, frame.length) : 0;
    frame.fill(0, 0, silence);
    this.#delay.lack(silence);
    if (waiting === 0) return silence;
    this.#delay.begin();
    this.#isAtRest = false;
    return silence;
  }

  #take(frame: Int16Array): number {
    return this.#audio.take(frame, (cameAt) => this.#spare.took(cameAt));
  }

  #drop(count: number): void {
    this.#dropped += count;
    if (count % FRAME_SAMPLES !== 0) this.#spare.recut();
    this.#audio.skip(count);
  }

  #reachMarks(): void {
    const done = this.#audio.position;
    for (let mark = this.#marks[0]; mark && mark.at <= done; mark = this.#marks[0]) {
      this.#marks.shift();
      this.#options.onMark?.(mark.name, true);
    }
  }
}
