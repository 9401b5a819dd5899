import type { MadeUpReason } from '../../base/made-up-reason.js';
import { FRAME_SAMPLES, type MadeUp } from '../../switch/party.js';

/** A stretch of the samples that were played, counted from the first. */
interface Stretch {
  readonly at: number;
  readonly samples: number;
  readonly reason: MadeUpReason;
}

/** The part of a stretch in which nothing came that each reason explains, in samples. */
export type Explained = Readonly<Record<'lost' | 'notSent' | 'late', number>>;

/** Time without a packet after which it is a stall, in ms. A shorter one at the end of a call is that nothing was sent. */
const STALLED_AFTER_MS = 500;

/**
 * Keeps account of what a jitter buffer makes up, to the sample. It is told at once, since nothing may come any more; why
 * nothing came is known when something comes again, and told then in place of that.
 */
export class MadeUpAccount {
  /** Place behind what was played, in the frames that were given out, and the end of these. */
  #played = 0;
  #frameEnd = 0;
  #delay = 0;
  /** Of these the newest, in which the peer has sent nothing. */
  #silent = 0;
  #told: Stretch[] = [];
  /** Stretch in which nothing has come so far. */
  #open: { readonly at: number; readonly toldTo: number; readonly isLong: boolean } | undefined;
  /** True once the peer was seen to send nothing on purpose. */
  #leavesOut = false;

  /** So many samples of what came were played. */
  play(samples: number): void {
    this.#silent = 0;
    this.#played += samples;
  }

  /** So many stand for what the peer has not sent, as it has told. */
  silence(samples: number): void {
    this.#tell(this.#played, samples, 'not-sent');
    this.#silent += samples;
    this.#played += samples;
  }

  /** So many at the end of the silence were lost. */
  lostInSilence(samples: number): void {
    const lost = Math.min(samples, this.#silent);
    this.#tell(this.#played - lost, lost, 'lost');
    this.#silent = 0;
  }

  /** So many were made up. */
  note(samples: number, reason: MadeUpReason): void {
    if (samples <= 0) return;
    this.#tell(this.#played, samples, reason);
    this.#silent = 0;
    this.#played += samples;
  }

  /** So many were made up since nothing has come. @param rate of the samples, in Hz. */
  starve(samples: number, rate: number): void {
    this.#silent = 0;
    const open = this.#open ?? { at: this.#played, toldTo: this.#played, isLong: false };
    this.#played += samples;
    const isLong = this.#played - open.at >= (STALLED_AFTER_MS * rate) / 1000;
    const isStalled = isLong && !this.#leavesOut;
    // One that has become long was told as silence so far.
    const from = isStalled && !open.isLong ? open.at : open.toldTo;
    this.#tell(from, this.#played - from, isStalled ? 'stalled' : 'not-sent');
    this.#open = { at: open.at, toldTo: this.#played, isLong };
  }

  /** Something has come again. What is not explained was said later. */
  resume({ lost, notSent, late }: Explained): void {
    const open = this.#open;
    this.#open = undefined;
    if (!open) return;
    if (notSent > 0) this.#leavesOut = true;
    let at = open.at;
    const end = this.#played;
    const take = (samples: number, reason: MadeUpReason) => {
      const part = Math.min(samples, end - at);
      this.#tell(at, part, reason);
      at += Math.max(0, part);
    };
    take(lost, 'lost');
    take(notSent, 'not-sent');
    take(late, 'late');
    take(end - at, 'held-up');
  }

  /** Another voice goes on: what was made up for the one before stays as it was told. */
  restart(): void {
    this.#open = undefined;
    this.#silent = 0;
    this.#told = this.#until(this.#frameEnd + this.#delay);
  }

  /**
   * A frame was given out. What was put in or taken out at its beginning moves what follows, and repeats or shortens what
   * was made up there.
   *
   * @param held Samples that were played and are not given out yet, and may still be changed.
   * @param delay Samples behind these that have been given out, and come with the next frame.
   */
  frame(samples: number, held: number, delay: number): void {
    const begin = this.#frameEnd + delay;
    this.#frameEnd += samples;
    this.#delay = delay;
    const shift = this.#frameEnd + held + delay - this.#played;
    this.#played += shift;
    if (shift === 0) return;
    this.#told = this.#told.flatMap((each) => moved(each, begin, shift));
    const open = this.#open;
    if (!open) return;
    const at = open.at < begin + Math.max(0, shift) ? open.at : Math.max(begin, open.at + shift);
    this.#open = {
      ...open,
      at,
      toldTo: open.toldTo > begin ? Math.max(at, open.toldTo + shift) : open.toldTo,
    };
  }

  /** The stretches that have become known since this was asked last, as of the newest frame. @param perFrame Its samples. */
  take(perFrame: number): readonly MadeUp[] {
    if (this.#told.length === 0) return [];
    const scale = FRAME_SAMPLES / perFrame;
    const begin = this.#frameEnd - perFrame;
    const end = this.#frameEnd + this.#delay;
    const told = this.#until(end).map(({ at, samples, reason }) => ({
      from: Math.round((at - begin) * scale),
      samples: Math.round(samples * scale),
      reason,
    }));
    // What is held may still be moved.
    this.#told = this.#told.flatMap((each) => cut(each, end, Number.POSITIVE_INFINITY));
    return told;
  }

  #until(end: number): Stretch[] {
    return this.#told.flatMap((each) => cut(each, Number.NEGATIVE_INFINITY, end));
  }

  #tell(at: number, samples: number, reason: MadeUpReason): void {
    if (samples <= 0) return;
    const last = this.#told.at(-1);
    if (last && last.reason === reason && last.at + last.samples === at)
      this.#told[this.#told.length - 1] = { ...last, samples: last.samples + samples };
    else this.#told.push({ at, samples, reason });
  }
}

/** The part of a stretch between two places; empty where there is none. */
function cut(stretch: Stretch, from: number, to: number): Stretch[] {
  const at = Math.max(stretch.at, from);
  const samples = Math.min(stretch.at + stretch.samples, to) - at;
  return samples > 0 ? [{ at, samples, reason: stretch.reason }] : [];
}

/** Parts of a stretch after so many samples from `begin` on were repeated (`shift` above 0) or left out. */
function moved(stretch: Stretch, begin: number, shift: number): Stretch[] {
  const before = cut(stretch, Number.NEGATIVE_INFINITY, begin);
  const after = cut(stretch, begin - Math.min(0, shift), Number.POSITIVE_INFINITY).map((each) => ({
    ...each,
    at: each.at + shift,
  }));
  // The first samples are those that were repeated, or faded into what follows what was left out.
  return [...before, ...cut(stretch, begin, begin + Math.max(0, shift)), ...after];
}
