/** A run of samples that a service was fed, and its place in the stream. */
interface Run {
  readonly fed: number;
  readonly stream: number;
  length: number;
}

/**
 * Knows where in a stream the samples lie that a service was fed. A service counts what it gets: what was left out moves
 * its times, and messages that keep the connection alive do not.
 */
export class FedAudio {
  readonly #runs: Run[] = [];
  #fed = 0;

  /** Samples that were fed so far. */
  get fed(): number {
    return this.#fed;
  }

  /** The service gets `length` samples that lie at `position` of the stream. */
  feed(position: number, length: number): void {
    const last = this.#runs.at(-1);
    if (last && last.stream + last.length === position) last.length += length;
    else this.#runs.push({ fed: this.#fed, stream: position, length });
    this.#fed += length;
  }

  /**
   * Place in the stream of a place among the fed samples. Between two runs, the end of the first (`end`) or the
   * beginning of the second; beyond what was fed, its end.
   */
  toStream(fed: number, edge: 'begin' | 'end' = 'begin'): number {
    const at = this.#runs.findLastIndex((run) => (edge === 'begin' ? run.fed <= fed : run.fed < fed));
    const run = this.#runs[Math.max(0, at)];
    return run ? run.stream + Math.max(0, Math.min(fed - run.fed, run.length)) : 0;
  }
}
