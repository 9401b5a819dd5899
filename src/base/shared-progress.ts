/** Progress of several pieces of work, each of which counts as much as any other. */
export class SharedProgress<Piece> {
  readonly #parts = new Map<Piece, number>();
  /** Pieces that are done, with the parts of those under way. */
  done = 0;

  /** @param part Of the piece, 0 to 1. */
  tell(piece: Piece, part: number): void {
    this.done += part - (this.#parts.get(piece) ?? 0);
    this.#parts.set(piece, part);
  }
}
