/** Progress of several pieces of work that count equally. */
export class SharedProgress<Piece> {
  readonly #parts = new Map<Piece, number>();
  /** Number of pieces done, plus the parts done of the others. */
  done = 0;

  /** @param part Part of the piece that is done, 0 to 1. */
  tell(piece: Piece, part: number): void {
    this.done += part - (this.#parts.get(piece) ?? 0);
    this.#parts.set(piece, part);
  }
}
