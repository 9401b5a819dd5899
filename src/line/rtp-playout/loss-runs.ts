/** Counts losses as they lie in a stream: their share, and whether they come in bursts. */
export class LossRuns {
  #played = 0;
  #lost = 0;
  #runs = 0;

  /** A packet is played, before which so many are missing. */
  note(missing: number): void {
    this.#played++;
    if (missing <= 0) return;
    this.#lost += missing;
    this.#runs++;
  }

  get lossPercent(): number {
    const all = this.#played + this.#lost;
    return all === 0 ? 0 : (100 * this.#lost) / all;
  }

  /** Mean length of a run of losses against that of losses at random (ITU-T G.107, BurstR): 1 or more. */
  get burstRatio(): number {
    if (this.#runs === 0) return 1;
    return Math.max(1, (this.#lost / this.#runs) * (1 - this.lossPercent / 100));
  }
}
