import { msToSamples } from '../../base/pcm.js';
import type { Clock } from '../../base/time/clock.js';
import { FRAME_SAMPLES, type MadeUp } from '../../switch/party.js';
import type { MediaAudio } from '../dialect/media-event.js';
import { AudioQueue } from './audio-queue.js';
import { KeptDelay } from './kept-delay.js';
import { PlayAccount } from './play-account.js';
import { TimeToSpare } from './time-to-spare.js';
import { ToVoice } from './to-voice.js';

/** Most samples of a received frame that a resampler still holds, at 16 kHz. */
const FILTERS = 64;

/** Options of a {@link PlayQueue}. */
export interface PlayQueueOptions {
  /** Most audio that waits, in milliseconds. The oldest is dropped beyond it. */
  readonly maxMs: number;
  /**
   * True: audio that keeps waiting for two seconds is a delay and is dropped. False: audio is sent ahead and may wait.
   */
  readonly isLive: boolean;
  /** Clock for the arrival times of audio. Default: arrival times are not needed. */
  readonly clock?: Clock | undefined;
  /** Called for a mark when all audio before it was played or cleared. */
  readonly onMark?: (name: string, heard: boolean) => void;
}

/** Counters of a {@link PlayQueue}, in samples of 16 kHz. */
export interface PlayQueueStats {
  readonly received: number;
  readonly played: number;
  /** Silence that was played because there was no audio. */
  readonly missing: number;
  /** Samples that were dropped, because too much waited or a delay was removed. */
  readonly dropped: number;
  readonly cleared: number;
  readonly waiting: number;
  /** Audio that may keep waiting, because some has come late. */
  readonly guard: number;
}

/**
 * Queue of the audio from a session to a call: 16 kHz mono, read frame by frame. Audio is played by the next read. When
 * audio comes late, the hole that it leaves becomes a delay, so that audio that is as late again leaves no hole. The
 * delay is removed when it was not needed for a while.
 */
export class PlayQueue {
  readonly #options: PlayQueueOptions;
  readonly #toVoice = new ToVoice();
  readonly #audio = new AudioQueue();
  readonly #marks: { readonly name: string; readonly at: number }[] = [];
  readonly #delay = new KeptDelay();
  readonly #spare = new TimeToSpare();
  readonly #account = new PlayAccount();
  /** True while nothing is played, so that the next audio is a beginning. */
  #isAtRest = true;
  #played = 0;
  #missing = 0;
  #dropped = 0;
  #cleared = 0;

  constructor(options: PlayQueueOptions) {
    this.#options = options;
  }

  get stats(): PlayQueueStats {
    const { received, waiting } = this.#audio;
    return {
      ...{ received, waiting, played: this.#played, missing: this.#missing },
      ...{ dropped: this.#dropped, cleared: this.#cleared, guard: this.#delay.guard },
    };
  }

  /** @param ageMs Milliseconds since the audio came. */
  write(audio: MediaAudio, ageMs = 0): void {
    this.#append(this.#toVoice.push(audio), ageMs);
    const excess = this.#audio.waiting - msToSamples(this.#options.maxMs);
    if (excess > 0) this.#drop(excess);
  }

  /**
   * Stretches of the audio that have become known to be made up with the last read, when the audio is live. Silence
   * between what is sent ahead is no loss.
   */
  get madeUp(): readonly MadeUp[] {
    return this.#account.madeUp;
  }

  /** Fills `frame`, with silence where there is no audio. */
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
    // When the audio ends within the frame, a hole follows.
    if (filled < rest.length) {
      this.#isAtRest = true;
      this.#spare.hole();
      this.#delay.lack(rest.length - filled);
    }
    this.#reachMarks();
    if (!this.#options.isLive) return;
    this.#account.play(filled);
    this.#account.lack(rest.length - filled);
    this.#account.frame();
    const surplus = this.#delay.read(frame.length, this.#audio.waiting);
    if (surplus > 0) this.#drop(surplus);
  }

  /** True while audio is played and the next frame of it has not come. */
  get isAwaited(): boolean {
    return this.#options.isLive && !this.#isAtRest && this.#audio.waiting < FRAME_SAMPLES;
  }

  /**
   * Returns the milliseconds by which all audio of the last seconds could have been read earlier; undefined while there
   * is no audio. Call it after a read that was on time.
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

  /** Drops the waiting audio. Its marks are reported as not heard. */
  clear(): void {
    this.#cleared += this.#audio.waiting;
    this.#audio.clear();
    this.#isAtRest = true;
    this.#delay.cut();
    this.#toVoice.reset();
    for (const { name } of this.#marks.splice(0)) this.#options.onMark?.(name, false);
  }

  #append(ready: Int16Array, ageMs = 0): void {
    this.#audio.append(ready, (this.#options.clock?.now() ?? 0) - ageMs);
  }

  /**
   * Puts silence before the first audio where its last frame is incomplete: when there is less than a frame, or when a
   * resampler holds the rest of the last frame. The audio ends with a frame then; otherwise each frame would need the
   * beginning of the next audio.
   *
   * @returns the number of samples of silence.
   */
  #begin(frame: Int16Array): number {
    const { waiting } = this.#audio;
    const lacking = frame.length - (waiting % frame.length);
    const silence = waiting < frame.length || lacking <= FILTERS ? Math.min(lacking, frame.length) : 0;
    frame.fill(0, 0, silence);
    this.#delay.lack(silence);
    this.#account.lack(silence);
    if (waiting === 0) return silence;
    this.#account.begin(waiting);
    this.#delay.begin();
    this.#isAtRest = false;
    return silence;
  }

  #take(frame: Int16Array): number {
    return this.#audio.take(frame, (cameAt) => this.#spare.took(cameAt));
  }

  #drop(count: number): void {
    this.#dropped += count;
    this.#account.drop(count);
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
