/** Level at which the knee begins: 3 dB below full scale. A mix below it is not changed. */
const KNEE = 32768 * 10 ** (-3 / 20);
const ROOM = 32767 - KNEE;

/**
 * Writes sums as s16. Sums up to 3 dB below full scale are not changed. Above, a hyperbolic tangent bends them towards
 * full scale, which no sum can pass. The curve has no memory, so mixes do not pump.
 */
export function softLimit(target: Int16Array, sums: Float32Array): void {
  for (let i = 0; i < target.length; i++) {
    const sum = sums[i] ?? 0;
    target[i] = Math.round(sum <= KNEE && sum >= -KNEE ? sum : bent(sum));
  }
}

/** Writes sums as s16, clipped at full scale. */
export function hardClip(target: Int16Array, sums: Float32Array): void {
  for (let i = 0; i < target.length; i++) {
    target[i] = Math.round(Math.max(-32768, Math.min(32767, sums[i] ?? 0)));
  }
}

function bent(sum: number): number {
  const over = Math.abs(sum) - KNEE;
  return Math.sign(sum) * (KNEE + ROOM * Math.tanh(over / ROOM));
}
