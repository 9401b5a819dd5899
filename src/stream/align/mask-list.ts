import { cutAt, type Stretch } from './stretch-list.js';

/** A stretch of the time line that is either wholly masked or not masked at all. */
export interface MaskedPart {
  readonly from: number;
  readonly to: number;
  readonly masked: boolean;
}

/** Stretches of a recording during which it was paused. Nothing that came then reaches the file. */
export class MaskList {
  readonly #masks: Stretch[] = [];

  get masking(): boolean {
    return this.#masks.at(-1)?.to === Number.POSITIVE_INFINITY;
  }

  begin(from: number): void {
    if (!this.masking) this.#masks.push({ from, to: Number.POSITIVE_INFINITY });
  }

  end(to: number): void {
    const last = this.#masks.at(-1);
    if (last && this.masking) last.to = Math.max(last.from, to);
  }

  /** Cuts [from, to) where masks begin and end. */
  *parts(from: number, to: number): Generator<MaskedPart, void, undefined> {
    for (const part of cutAt(this.#masks, from, to)) {
      yield { from: part.from, to: part.to, masked: part.within };
    }
  }
}
