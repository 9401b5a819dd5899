/** Level at which the knee begins: 3 dB below full scale. A mix below it is not changed. */
const KNEE = 32768 * 10 ** (-3 / 20);
const ROOM = 32767 - KNEE;

/**
 * Writes sums as s16: unchanged up to 3 dB below full scale, from there on bent towards full scale along a
 * hyperbolic tangent, which no sum can pass. It has no memory, so mixes that differ in one source do not pump.
 */
export function softLimit(target: Int16Array, sums: Float32Array): void {
  for (let i = 0; i < target.length; i++) {
    const sum = sums[i] ?? 0;
    target[i] = Math.round(sum <= KNEE && sum >= -KNEE ? sum : bent(sum));
  }
}

/** Writes sums as s16, cut off at full scale. */
export function hardClip(target: Int16Array, sums: Float32Array): void {
  for (let i = 0; i < target.length; i++) {
    target[i] = Math.round(Math.max(-32768, Math.min(32767, sums[i] ?? 0)));
  }
}

function bent(sum: number): number {
  const over = Math.abs(sum) - KNEE;
  return Math.sign(sum) * (KNEE + ROOM * Math.tanh(over / ROOM));
}
