import { FRAME_SAMPLES, type MadeUp, type MadeUpReason } from '../../switch/party.js';

/** A stretch of the samples that were played, counted from the first. */
interface Stretch {
  readonly at: number;
  readonly samples: number;
  readonly reason: MadeUpReason;
}

/** The part of a stretch in which nothing came that each reason explains, in samples. */
export type Explained = Readonly<Record<'lost' | 'notSent' | 'late', number>>;

/** Time without a packet after which that is told, in ms: before, it is not known what it will turn out to be. */
const TOLD_AFTER_MS = 500;

/**
 * Keeps account of what a jitter buffer makes up, to the sample. Why nothing came is known when something comes
 * again; what lasts long is told before.
 */
export class MadeUpAccount {
  /** Place behind what was played, in the frames that were given out, and the end of these. */
  #played = 0;
  #frameEnd = 0;
  /** Of these the newest, in which the peer has sent nothing. */
  #silent = 0;
  #told: Stretch[] = [];
  /** Stretch in which nothing has come so far. */
  #open: { readonly at: number; toldTo: number } | undefined;
  /** True once the peer was seen to send nothing on purpose. */
  #leavesOut = false;

  /** So many samples of what came were played. */
  play(samples: number): void {
    this.#silent = 0;
    this.#played += samples;
  }

  /** So many stand for what the peer has not sent, as it has told. */
  silence(samples: number): void {
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
    this.#open ??= { at: this.#played, toldTo: this.#played };
    this.#played += samples;
    if (this.#played - this.#open.at < (TOLD_AFTER_MS * rate) / 1000) return;
    const { toldTo } = this.#open;
    this.#tell(toldTo, this.#played - toldTo, this.#leavesOut ? 'not-sent' : 'stalled');
    this.#open.toldTo = this.#played;
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
  }

  /**
   * A frame was given out. What was lengthened or shortened in it, at its beginning, moves what follows.
   *
   * @param behind Samples that were played and are in no frame yet.
   */
  frame(samples: number, behind: number): void {
    const begin = this.#frameEnd;
    this.#frameEnd += samples;
    const shift = this.#frameEnd + behind - this.#played;
    this.#played += shift;
    if (shift === 0) return;
    this.#told = this.#told.map((each) => (each.at >= begin ? { ...each, at: each.at + shift } : each));
    const open = this.#open;
    if (open && open.at >= begin) this.#open = { at: open.at + shift, toldTo: open.toldTo + shift };
  }

  /** The stretches that have become known since this was asked last, as of the newest frame. @param perFrame Its samples. */
  take(perFrame: number): readonly MadeUp[] {
    if (this.#told.length === 0) return [];
    const scale = FRAME_SAMPLES / perFrame;
    const begin = this.#frameEnd - perFrame;
    const told = this.#told.map(({ at, samples, reason }) => ({
      from: Math.round((at - begin) * scale),
      samples: Math.round(samples * scale),
      reason,
    }));
    this.#told = [];
    return told;
  }

  #tell(at: number, samples: number, reason: MadeUpReason): void {
    if (samples <= 0) return;
    const last = this.#told.at(-1);
    if (last && last.reason === reason && last.at + last.samples === at)
      this.#told[this.#told.length - 1] = { ...last, samples: last.samples + samples };
    else this.#told.push({ at, samples, reason });
  }
}
