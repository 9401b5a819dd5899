/** A stretch of a stream or of the time line, named for a reason. Positions and lengths are samples. */
export interface NamedStretch<Reason> {
  readonly from: number;
  readonly samples: number;
  readonly reason: Reason;
}

/** A piece of a stream, and the difference between its place on the time line and its position. */
interface Piece {
  readonly from: number;
  to: number;
  readonly shift: number;
}

/** Most pieces that are remembered. A leg moves when something was lost, and the stretch is named soon after. */
const MOST_PIECES = 1024;
/** Most named stretches that wait for their samples. */
const MOST_WAITING = 4096;

/** Finds the places of named stretches on the time line. A stretch may be named before or after its samples come. */
export class StretchPlaces<Reason> {
  readonly #pieces: Piece[] = [];
  #waiting: NamedStretch<Reason>[] = [];

  /**
   * Names a stretch of the stream. Returns the parts that already have a place, with their positions on the time line.
   */
  name(stretch: NamedStretch<Reason>): NamedStretch<Reason>[] {
    const { from, samples } = stretch;
    const end = this.#pieces.at(-1)?.to ?? 0;
    if (from + samples > end) {
      this.#waiting.push(stretch);
      if (this.#waiting.length > MOST_WAITING) this.#waiting.shift();
    }
    return this.#pieces.flatMap((piece) => partOf(stretch, piece));
  }

  /** Notes that samples of the stream have their place. Returns the parts of them that were named before. */
  placed(from: number, samples: number, shift: number): NamedStretch<Reason>[] {
    const last = this.#pieces.at(-1);
    const to = from + samples;
    if (last && last.to === from && last.shift === shift) last.to = to;
    else this.#pieces.push({ from, to, shift });
    if (this.#pieces.length > MOST_PIECES) this.#pieces.shift();
    const found = this.#waiting.flatMap((stretch) => partOf(stretch, { from, to, shift }));
    this.#waiting = this.#waiting.filter((stretch) => stretch.from + stretch.samples > to);
    return found;
  }
}

function partOf<Reason>(
  { from, samples, reason }: NamedStretch<Reason>,
  piece: Piece,
): NamedStretch<Reason>[] {
  const begin = Math.max(from, piece.from);
  const length = Math.min(from + samples, piece.to) - begin;
  return length > 0 ? [{ from: begin + piece.shift, samples: length, reason }] : [];
}
