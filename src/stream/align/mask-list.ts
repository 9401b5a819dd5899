/** A stretch of the time line that is either wholly masked or not masked at all. */
export interface MaskedPart {
  readonly from: number;
  readonly to: number;
  readonly masked: boolean;
}

/** Stretches of a recording during which it was paused. Nothing that came then reaches the file. */
export class MaskList {
  readonly #masks: { readonly from: number; to: number }[] = [];

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
    let at = from;
    for (const mask of this.#masks) {
      const begin = Math.max(at, mask.from);
      const end = Math.min(to, mask.to);
      if (begin >= end) continue;
      if (at < begin) yield { from: at, to: begin, masked: false };
      yield { from: begin, to: end, masked: true };
      at = end;
    }
    if (at < to) yield { from: at, to, masked: false };
  }
}
