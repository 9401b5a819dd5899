/** A run of samples that was sent to a service, with its place in the stream. */
interface Run {
  readonly fed: number;
  readonly stream: number;
  length: number;
}

/**
 * Maps positions among the samples that were sent to a service to positions in the stream. A service counts the samples
 * that it gets: samples that were left out shift its times. Messages that keep the connection alive do not.
 */
export class FedAudio {
  readonly #runs: Run[] = [];
  #fed = 0;

  /** Number of samples sent so far. */
  get fed(): number {
    return this.#fed;
  }

  /** Records that `length` samples at `position` of the stream were sent. */
  feed(position: number, length: number): void {
    const last = this.#runs.at(-1);
    if (last && last.stream + last.length === position) last.length += length;
    else this.#runs.push({ fed: this.#fed, stream: position, length });
    this.#fed += length;
  }

  /**
   * Position in the stream of a position among the sent samples. On the edge between two runs it is the end of the
   * first (`end`) or the beginning of the second (`begin`). Behind the last sample it is the end of that sample.
   */
  toStream(fed: number, edge: 'begin' | 'end' = 'begin'): number {
    const at = this.#runs.findLastIndex((run) => (edge === 'begin' ? run.fed <= fed : run.fed < fed));
    const run = this.#runs[Math.max(0, at)];
    return run ? run.stream + Math.max(0, Math.min(fed - run.fed, run.length)) : 0;
  }
}
