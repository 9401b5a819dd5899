import { msToSamples, PTIME_MS } from '../../base/pcm.js';
import type { Clock } from '../../base/time/clock.js';
import { FRAME_SAMPLES } from '../../switch/party.js';
import type { MediaAudio } from '../dialect/media-event.js';
import { ArrivalNeed } from './arrival-need.js';
import { ToVoice } from './to-voice.js';

/** Rate at which it is read: that of the calls of an exchange. */
const RATE = 16_000;
const PER_MS = RATE / 1000;
/** Time over which audio that never runs out counts as a delay that does not go away, in samples. */
const WINDOW = 2 * RATE;
/** The same at the beginning, where more than a frame may have come before the first read. */
const FIRST_WINDOW = RATE / 2;
/** A hole that is shorter was audio that came late, and no pause of whoever speaks, in samples. */
const LATE = RATE / 5;
/** Most that is kept because audio has come late, in samples, and windows without need after which less of it is kept. */
const MAX_GUARD = RATE / 10;
const WINDOWS = 15;
/** Most that a filter has of a frame that has come, in samples. */
const FILTERS = RATE / 250;
/** Part of the time to spare that is kept, in ms. */
const MARGIN_MS = 2;

/** Options of a {@link PlayOut}. */
export interface PlayOutOptions {
  /** Audio that may wait, in milliseconds; the oldest is dropped beyond. */
  readonly maxMs: number;
  /** True when audio that keeps waiting for two seconds is a delay to be taken away; false where it is sent ahead. */
  readonly isLive: boolean;
  /** Tells when audio comes. Default: nobody asks. */
  readonly clock?: Clock | undefined;
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
  /** Audio that may keep waiting, as some has come late. */
  readonly guard: number;
}

/** Audio that came at once, and when. */
interface Chunk {
  readonly samples: Int16Array;
  readonly cameAt: number;
}

/**
 * Audio of a session on its way to a call: 16 kHz mono, read frame by frame. What comes is played by the next read. Where
 * audio comes late, the hole that this leaves is the delay from then on, so that the next that is as late leaves none; the
 * delay goes when it has not been needed for a while.
 */
export class PlayOut {
  readonly #options: PlayOutOptions;
  readonly #max: number;
  readonly #toVoice = new ToVoice();
  readonly #chunks: Chunk[] = [];
  readonly #marks: { readonly name: string; readonly at: number }[] = [];
  #offset = 0;
  #waiting = 0;
  /** Nothing is being played: what comes next begins. */
  #isAtRest = true;
  /** Samples that were read since the last audio ran out. */
  #hole = LATE;
  #guard = 0;
  #received = 0;
  #played = 0;
  #missing = 0;
  #dropped = 0;
  #cleared = 0;
  #least = Number.POSITIVE_INFINITY;
  #sinceLook = 0;
  #windows = 0;
  #unneeded = Number.POSITIVE_INFINITY;
  readonly #need = new ArrivalNeed();
  /** Time at which the newest audio of the last frame came; nothing where that frame had a hole. */
  #newest: number | undefined;
  /** Frames that were read since somebody asked for the time to spare. */
  #unasked = 0;
  #leastSpare = Number.POSITIVE_INFINITY;

  constructor(options: PlayOutOptions) {
    this.#options = options;
    this.#max = msToSamples(options.maxMs);
  }

  get stats(): PlayOutStats {
    return {
      ...{ received: this.#received, played: this.#played, missing: this.#missing },
      ...{ dropped: this.#dropped, cleared: this.#cleared },
      ...{ waiting: this.#waiting, guard: this.#guard },
    };
  }

  write(audio: MediaAudio): void {
    this.#append(this.#toVoice.push(audio));
    if (this.#waiting > this.#max) this.#drop(this.#waiting - this.#max);
  }

  /** Fills `frame`; what is not there is silence. */
  read(frame: Int16Array): void {
    this.#unasked++;
    this.#newest = undefined;
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
      this.#newest = undefined;
      this.#hole += rest.length - filled;
    }
    this.#reachMarks();
    if (this.#options.isLive) this.#look(frame.length);
  }

  /** True while audio is played of which the next frame has not come. */
  get isAwaited(): boolean {
    return this.#options.isLive && !this.#isAtRest && this.#waiting < FRAME_SAMPLES;
  }

  /**
   * Milliseconds by which all audio of the last seconds could have been read earlier; asked after a read that was on time.
   * Nothing while there is no audio.
   */
  spareMs(): number | undefined {
    const { clock, isLive } = this.#options;
    // A frame that was read late tells the time of the reader, and so does what came while the reader was late.
    const isKnown = this.#unasked === 1;
    this.#unasked = 0;
    if (!isLive || !clock || this.#newest === undefined || !isKnown) return undefined;
    const played = (this.#received - this.#waiting) / PER_MS;
    this.#need.take(this.#newest - played);
    const spare = clock.now() - played - this.#need.worst;
    this.#leastSpare = Math.min(this.#leastSpare, spare);
    return spare;
  }

  mark(name: string): void {
    this.#marks.push({ name, at: this.#received });
    this.#reachMarks();
  }

  /** Forgets what waits; its marks come back unheard. */
  clear(): void {
    this.#cleared += this.#waiting;
    this.#chunks.length = 0;
    this.#offset = 0;
    this.#waiting = 0;
    this.#isAtRest = true;
    this.#hole = LATE;
    this.#toVoice.reset();
    for (const { name } of this.#marks.splice(0)) this.#options.onMark?.(name, false);
  }

  #append(ready: Int16Array): void {
    if (ready.length === 0) return;
    this.#chunks.push({ samples: ready, cameAt: this.#options.clock?.now() ?? 0 });
    this.#waiting += ready.length;
    this.#received += ready.length;
  }

  /**
   * Puts silence before less than a frame, so that what follows in time joins it; and before more, where a filter still
   * has the rest of the last frame: each would need the beginning of what comes after it. @returns the silence.
   */
  #begin(frame: Int16Array): number {
    const lacking = frame.length - (this.#waiting % frame.length);
    const silence = this.#waiting < frame.length || lacking <= FILTERS ? Math.min(lacking, frame.length) : 0;
    frame.fill(0, 0, silence);
    this.#hole += silence;
    if (this.#waiting === 0) return silence;
    if (this.#hole < LATE) this.#guard = Math.min(MAX_GUARD, Math.max(this.#guard, this.#hole));
    this.#isAtRest = false;
    this.#hole = 0;
    return silence;
  }

  #take(frame: Int16Array): number {
    let filled = 0;
    while (filled < frame.length) {
      const chunk = this.#chunks[0];
      if (!chunk) break;
      const part = chunk.samples.subarray(this.#offset, this.#offset + frame.length - filled);
      this.#newest = chunk.cameAt;
      frame.set(part, filled);
      filled += part.length;
      this.#skip(part.length);
    }
    return filled;
  }

  #skip(count: number): void {
    this.#waiting -= count;
    this.#offset += count;
    for (
      let chunk = this.#chunks[0];
      chunk && this.#offset >= chunk.samples.length;
      chunk = this.#chunks[0]
    ) {
      this.#offset -= chunk.samples.length;
      this.#chunks.shift();
    }
  }

  #drop(count: number): void {
    this.#dropped += count;
    if (count % FRAME_SAMPLES !== 0) this.#need.forget();
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
    if (this.#sinceLook < (this.#windows === 0 ? FIRST_WINDOW : WINDOW)) return;
    // A frame that would not have been missed in the last seconds is no help, whatever came late once.
    if (this.#leastSpare < Number.POSITIVE_INFINITY)
      this.#guard = Math.max(0, this.#guard - wholeFrames(this.#leastSpare - MARGIN_MS));
    this.#leastSpare = Number.POSITIVE_INFINITY;
    if (this.#least > this.#guard) this.#drop(this.#least - this.#guard);
    this.#unneeded = Math.min(this.#unneeded, this.#least);
    if (++this.#windows % WINDOWS === 0) {
      this.#guard = Math.max(0, this.#guard - this.#unneeded);
      this.#unneeded = Number.POSITIVE_INFINITY;
    }
    this.#least = Number.POSITIVE_INFINITY;
    this.#sinceLook = 0;
  }
}

/** Samples of the whole frames in so many milliseconds. */
function wholeFrames(ms: number): number {
  return Math.max(0, Math.floor(ms / PTIME_MS)) * FRAME_SAMPLES;
}
