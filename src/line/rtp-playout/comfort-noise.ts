/** Comfort noise for the pauses of a peer (RFC 3389). Only its level is used; the spectrum is ignored. */
export class ComfortNoise {
  /** Level below overload, in -dBov: 0 to 127; undefined when there is no noise. */
  level: number | undefined;
  #random = 1;

  make(count: number): Int16Array {
    const samples = new Int16Array(count);
    // A uniform distribution has 1 / sqrt(3) of its peak as its power.
    const peak = 32_767 * 10 ** (-((this.level ?? 127) & 0x7f) / 20) * Math.sqrt(3);
    for (let i = 0; i < count; i++) {
      // Park and Miller's generator.
      this.#random = (this.#random * 48_271) % 2_147_483_647;
      samples[i] = Math.max(
        -32_768,
        Math.min(32_767, Math.round((this.#random / 1_073_741_823.5 - 1) * peak)),
      );
    }
    return samples;
  }
}
