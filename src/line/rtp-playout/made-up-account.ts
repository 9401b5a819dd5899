import type { MadeUpReason } from '../../base/made-up-reason.js';
import { FRAME_SAMPLES, type MadeUp } from '../../switch/party.js';

/** Stretch of the played samples, counted from the first. */
interface Stretch {
  readonly at: number;
  readonly samples: number;
  readonly reason: MadeUpReason;
}

/** Samples of a stretch without packets, by their reasons. */
export type Explained = Readonly<Record<'lost' | 'notSent' | 'late', number>>;

/** Time without packets that counts as a stall, in ms. A shorter one at the end of a call counts as not sent. */
const STALLED_AFTER_MS = 500;

/**
 * Records what a jitter buffer makes up, exact to the sample. A stretch without packets is reported at once, because
 * there may be no more packets. Its reason is known when packets come again; it is then reported again and replaces the
 * first report.
 */
export class MadeUpAccount {
  /** End of the played samples, and end of the frames that were given out. */
  #played = 0;
  #frameEnd = 0;
  #delay = 0;
  /** Newest samples for which the peer sent nothing. */
  #silent = 0;
  #told: Stretch[] = [];
  /** Current stretch without packets. */
  #open: { readonly at: number; readonly toldTo: number; readonly isLong: boolean } | undefined;
  /** True once the peer has shown that it sends nothing in silence. */
  #leavesOut = false;

  /** End of the played samples. */
  get position(): number {
    return this.#played;
  }

  /** Notes that received samples were played. */
  play(samples: number): void {
    this.#silent = 0;
    this.#played += samples;
  }

  /** Notes samples of silence that the peer announced and did not send. */
  silence(samples: number): void {
    this.#tell(this.#played, samples, 'not-sent');
    this.#silent += samples;
    this.#played += samples;
  }

  /** Notes that the last samples of the silence were lost. */
  lostInSilence(samples: number): void {
    const lost = Math.min(samples, this.#silent);
    this.#tell(this.#played - lost, lost, 'lost');
    this.#silent = 0;
  }

  /** Notes that samples were made up. */
  note(samples: number, reason: MadeUpReason): void {
    if (samples <= 0) return;
    this.#tell(this.#played, samples, reason);
    this.#silent = 0;
    this.#played += samples;
  }

  /** Notes that samples were made up because there are no packets. @param rate Sample rate, in Hz. */
  starve(samples: number, rate: number): void {
    this.#silent = 0;
    const open = this.#open ?? { at: this.#played, toldTo: this.#played, isLong: false };
    this.#played += samples;
    const isLong = this.#played - open.at >= (STALLED_AFTER_MS * rate) / 1000;
    const isStalled = isLong && !this.#leavesOut;
    // A stretch that has become long was reported as silence so far.
    const from = isStalled && !open.isLong ? open.at : open.toldTo;
    this.#tell(from, this.#played - from, isStalled ? 'stalled' : 'not-sent');
    this.#open = { at: open.at, toldTo: this.#played, isLong };
  }

  /** Notes that packets come again. Samples without a reason were held up: their voice comes later. */
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

  /** Gives a stretch another reason than the one that it was reported with. */
  rename(at: number, samples: number, reason: MadeUpReason): void {
    this.#tell(at, samples, reason);
  }

  /** Notes that another voice follows. Reports on the one before stay as they are. */
  restart(): void {
    this.#open = undefined;
    this.#silent = 0;
    this.#told = this.#until(this.#frameEnd + this.#delay);
  }

  /**
   * Notes that a frame was given out. Samples that were inserted or removed at its beginning move everything after
   * them, and lengthen or shorten the stretches there.
   *
   * @param held Samples that were played but not given out, and may still be changed.
   * @param delay Samples that were given to the output and come with the next frame.
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

  /** Returns the stretches that have become known since the last call. @param perFrame Samples of a frame. */
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
    // Stretches in held samples may still be moved.
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

/** Returns the part of a stretch between two positions; empty when there is none. */
function cut(stretch: Stretch, from: number, to: number): Stretch[] {
  const at = Math.max(stretch.at, from);
  const samples = Math.min(stretch.at + stretch.samples, to) - at;
  return samples > 0 ? [{ at, samples, reason: stretch.reason }] : [];
}

/** Returns the parts of a stretch after samples from `begin` on were repeated (`shift` above 0) or removed. */
function moved(stretch: Stretch, begin: number, shift: number): Stretch[] {
  const before = cut(stretch, Number.NEGATIVE_INFINITY, begin);
  const after = cut(stretch, begin - Math.min(0, shift), Number.POSITIVE_INFINITY).map((each) => ({
    ...each,
    at: each.at + shift,
  }));
  // The first samples were repeated, or faded into the samples after the removed ones.
  return [...before, ...cut(stretch, begin, begin + Math.max(0, shift)), ...after];
}
