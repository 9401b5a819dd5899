import { checkArgument, checkOptions, object, type Rules, whole, within } from '../../base/check.js';
import { JackfieldError } from '../../base/errors.js';
import { type PcmFormat, pcmFormat, SAMPLES, VOICE_FORMAT } from '../../base/pcm.js';
import type { PcmAnalyzer } from '../stage.js';
import { DigitalGaps } from './digital-gap.js';
import type { DtmfDigit } from './dtmf.js';
import { goesOnBehind, mayBeLost } from './dtmf-gap.js';
import { DtmfWindow } from './dtmf-window.js';

export interface DtmfDetectorOptions {
  /** Layout of the samples. Default {@link VOICE_FORMAT}. */
  readonly format?: PcmFormat;
  /** Channel to listen to. Default 0. */
  readonly channel?: number;
  /** Quietest sine of a digit that counts, as its peak in dBFS: -60 to -10. Default -40. */
  readonly minLevelDbfs?: number;
  /** Most that a row (low group) may be louder than its column (high group), in dB: 0 to 12. Default 8 (Q.24). */
  readonly normalTwistDb?: number;
  /** Most that a column (high group) may be louder than its row (low group), in dB: 0 to 12. Default 4 (Q.24). */
  readonly reverseTwistDb?: number;
}

const RULES: Rules<DtmfDetectorOptions> = {
  format: object,
  channel: whole(0, 31),
  minLevelDbfs: within(-60, -10, 'dBFS'),
  normalTwistDb: within(0, 12, 'dB'),
  reverseTwistDb: within(0, 12, 'dB'),
};

/** Begin or end of a digit. Positions count samples per channel, to within 3 ms. */
export type DtmfEvent =
  | { readonly type: 'begin'; readonly digit: DtmfDigit; readonly position: number }
  | { readonly type: 'end'; readonly digit: DtmfDigit; readonly begin: number; readonly end: number };

/** A digit that has not been present for long enough yet. */
interface Rising {
  readonly digit: DtmfDigit;
  readonly begin: number;
  hits: number;
  lastHit: number;
}

/** A press that was reported. */
interface Sounding {
  readonly digit: DtmfDigit;
  readonly begin: number;
  lastHit: number;
}

/** Consecutive windows that make a digit: a tone of 32 ms is accepted, one of 28 ms refused (Q.24: 40 and 20 to 23). */
const HITS_TO_BEGIN = 10;
/**
 * Consecutive windows without it that end a digit. A hole of 30 ms takes up to 16 windows. A pause of 40 ms takes at
 * least 17, or 18 where a slice of 2.5 ms is a whole number of samples.
 */
const MISSES_TO_END = 17;

/** Largest error of the edge of a tone that windows give, in slices. */
const EDGE_SLICES = 2;
/** Slices behind a gap within which a tone that continues is found. */
const RETURN_SLICES = 6;

/**
 * Finds DTMF digits. Every 2.5 ms it measures the power at the eight frequencies over the last 12.5 ms. A digit is
 * present when one row and one column hold nearly all energy, stand above the others of their group, and differ by no
 * more than the permitted twist. Speech hardly ever does so for 32 ms without a break.
 *
 * A hole of up to 30 ms in a tone, such as a lost frame leaves, is part of the press; a pause of 40 ms ends it. Several
 * lost frames in a row end it too, with one exception: the line plays exact silence for at most 60 ms, and the phase of
 * the tone continues behind it. Another digit ends a press at once.
 *
 * States: quiet -> rising -> sounding -> quiet; rising falls back to quiet when the digit changes or stops. Another
 * digit may be rising while one still sounds. While it is quiet, only every tenth window is looked at: a digit begins
 * with ten windows in a row, so it has to be in one of those. The windows before it are made up for then.
 *
 * Source: ITU-T Q.24, annex A (limits of AT&T); Bellcore TR-TSY-000763 for the talk-off test.
 */
export class DtmfDetector implements PcmAnalyzer<DtmfEvent> {
  readonly #window: DtmfWindow;
  readonly #gaps: DigitalGaps;
  readonly #sampleRate: number;
  #rising: Rising | undefined;
  #sounding: Sounding | undefined;

  /** @throws ERR_INVALID_ARG for an option out of range. */
  constructor(options: DtmfDetectorOptions = {}) {
    checkOptions(options, RULES);
    const { channel = 0, minLevelDbfs = -40, normalTwistDb = 8, reverseTwistDb = 4 } = options;
    const format = pcmFormat(options.format ?? VOICE_FORMAT);
    checkArgument('channel', channel, whole(0, format.channels - 1));
    this.#sampleRate = format.sampleRate;
    this.#window = new DtmfWindow({ format, channel, minLevelDbfs, normalTwistDb, reverseTwistDb });
    this.#gaps = new DigitalGaps(this.#window.sliceLength);
  }

  push(samples: Int16Array): DtmfEvent[] {
    checkArgument('samples', samples, SAMPLES);
    const events: DtmfEvent[] = [];
    const { history } = this.#window;
    const own = history.pick(samples);
    for (let at = 0; at < own.length; ) {
      at = history.take(own, at);
      for (
        let slice = this.#next;
        (slice + 1) * this.#window.sliceLength <= history.count;
        slice = this.#next
      )
        this.#look(slice, events);
    }
    return events;
  }

  /** True while no digit sounds or may have begun. */
  get isQuiet(): boolean {
    return this.#rising === undefined && this.#sounding === undefined;
  }

  /**
   * Leaves out samples that belong to no digit, while it is quiet. A digit is found if all of it is pushed, and 38 ms
   * before it.
   *
   * @param count Samples of each channel.
   * @throws ERR_INVALID_STATE while it is not quiet.
   */
  skip(count: number): void {
    checkArgument('count', count, whole(0, Number.MAX_SAFE_INTEGER));
    if (!this.isQuiet)
      throw new JackfieldError('ERR_INVALID_STATE', 'A digit sounds or may have begun. Push its samples.');
    this.#window.skip(count);
  }

  flush(): DtmfEvent[] {
    const events: DtmfEvent[] = [];
    this.#rising = undefined;
    this.#end(events, this.#window.history.count);
    return events;
  }

  /** Slice that ends the next window to look at. */
  get #next(): number {
    const { count } = this.#window;
    return this.isQuiet ? count + HITS_TO_BEGIN - 1 - (count % HITS_TO_BEGIN) : count;
  }

  /** Looks at the window that ends with `slice`, and at those before it if a digit may be in them. */
  #look(slice: number, events: DtmfEvent[]): void {
    const window = this.#window;
    if (this.isQuiet) {
      const first = window.count;
      window.count = slice + 1;
      // Neither begins with a window that has no digit, unless a break may hide it.
      if (window.digit() === undefined && !window.isBroken) return;
      window.count = first;
      this.#gaps.startAt(first * window.sliceLength);
    }
    while (window.count <= slice) {
      const at = window.count++;
      this.#gaps.take(window.history.part(at * window.sliceLength, window.sliceLength));
      this.#follow(window.digit(), at, events);
    }
  }

  /** Takes the digit of the window that ends with `slice`. */
  #follow(digit: DtmfDigit | undefined, slice: number, events: DtmfEvent[]): void {
    const sounding = this.#sounding;
    const isPaused = sounding && slice - sounding.lastHit >= MISSES_TO_END;
    if (sounding && digit === sounding.digit && !isPaused) {
      sounding.lastHit = slice;
      this.#rising = undefined;
      return;
    }
    if (isPaused && !this.#mayGoOn(sounding)) this.#end(events);
    const rising = this.#rising;
    if (digit === undefined) {
      const bridged = rising && this.#window.isBroken && slice - rising.lastHit < MISSES_TO_END;
      if (!bridged) this.#rising = undefined;
    } else if (digit !== rising?.digit) {
      this.#rising = { digit, begin: this.#window.risingEdge(slice), hits: 1, lastHit: slice };
    } else {
      rising.lastHit = slice;
      if (++rising.hits === HITS_TO_BEGIN) this.#begin(rising, events);
    }
  }

  /** True while digital silence in a press may turn out to be lost frames. */
  #mayGoOn({ digit, lastHit }: Sounding): boolean {
    const gap = this.#gaps.last;
    const { count, sliceLength } = this.#window;
    const isNear = (edge: number, other: number, slices: number) =>
      Math.abs(edge - other) <= slices * sliceLength;
    if (!mayBeLost(gap, this.#sampleRate)) return false;
    if (!isNear(this.#window.fallingEdge(lastHit), gap.begin, EDGE_SLICES)) return false;
    const rising = this.#rising;
    if (rising === undefined) return isNear(count * sliceLength, gap.end, RETURN_SLICES);
    return rising.digit === digit && isNear(rising.begin, gap.end, EDGE_SLICES);
  }

  #begin({ digit, begin, lastHit }: Rising, events: DtmfEvent[]): void {
    this.#rising = undefined;
    if (this.#sounding?.digit === digit && goesOnBehind(this.#gaps.last, digit, this.#window)) {
      this.#sounding.lastHit = lastHit;
      return;
    }
    this.#end(events);
    this.#sounding = { digit, begin, lastHit };
    events.push({ type: 'begin', digit, position: begin });
  }

  #end(events: DtmfEvent[], latest = Number.POSITIVE_INFINITY): void {
    if (!this.#sounding) return;
    const { digit, begin, lastHit } = this.#sounding;
    this.#sounding = undefined;
    events.push({ type: 'end', digit, begin, end: Math.min(latest, this.#window.fallingEdge(lastHit)) });
  }
}
