/** Counts the losses in a stream: their share, and how bursty they are. */
export class LossRuns {
  #played = 0;
  #lost = 0;
  #runs = 0;

  /** Notes that a packet is played, and how many are missing before it. */
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

  /** Mean length of a run of losses, relative to random losses (BurstR of ITU-T G.107): 1 or more. */
  get burstRatio(): number {
    if (this.#runs === 0) return 1;
    return Math.max(1, (this.#lost / this.#runs) * (1 - this.lossPercent / 100));
  }
}
