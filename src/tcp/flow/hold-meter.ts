/** Counts how often, and for how long, a stream was held back for a sink. */
export class HoldMeter {
  #holds = 0;
  #pastMs = 0;
  #sinceMs: number | undefined;

  get holds(): number {
    return this.#holds;
  }

  /** True while the stream is held back. */
  get isHeld(): boolean {
    return this.#sinceMs !== undefined;
  }

  /** Total length of all holds in ms, including one that is still going on at `nowMs`. */
  totalMs(nowMs: number): number {
    return this.#pastMs + (this.#sinceMs === undefined ? 0 : nowMs - this.#sinceMs);
  }

  begin(nowMs: number): void {
    this.#holds++;
    this.#sinceMs = nowMs;
  }

  end(nowMs: number): void {
    this.#pastMs = this.totalMs(nowMs);
    this.#sinceMs = undefined;
  }
}
