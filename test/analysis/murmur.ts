import { randomFrom } from '../random.js';

const RATE = 16_000;

/** Sound that moves as speech does: harmonics of a voice that glides, in syllables, with soft noise below. */
export function murmur(
  seconds: number,
  spans: readonly (readonly [number, number])[],
  seed = 1,
  rate = RATE,
): Int16Array {
  const random = randomFrom(seed);
  let phase = 0;
  return Int16Array.from({ length: seconds * rate }, (_, i) => {
    const t = i / rate;
    const isSpoken = spans.some(([from, to]) => t >= from && t < to);
    const pitch = 120 + 30 * Math.sin(2 * Math.PI * 0.9 * t) + 12 * Math.sin(2 * Math.PI * 3.1 * t);
    phase += (2 * Math.PI * pitch) / rate;
    const noise = (random() - 0.5) * 60;
    if (!isSpoken) return Math.round(noise);
    const loud = 0.55 + 0.45 * Math.sin(2 * Math.PI * 4.5 * t);
    let sum = 0;
    for (let k = 1; k <= 10; k++)
      sum += Math.sin(k * phase) / (1 + Math.abs(k - 5 - 3 * Math.sin(2 * Math.PI * 2.3 * t)));
    return Math.round(noise + 2600 * loud * sum);
  });
}
