/** Share of a tone in the energy of samples, from 0 to 1 (Goertzel's algorithm). */
export function shareOf(frequency: number, samples: Int16Array, sampleRate: number): number {
  const turn = 2 * Math.cos((2 * Math.PI * frequency) / sampleRate);
  let [a, b, energy] = [0, 0, 0];
  for (const sample of samples) {
    [a, b] = [sample + turn * a - b, a];
    energy += sample * sample;
  }
  return (2 * (a * a + b * b - turn * a * b)) / (samples.length * energy || 1);
}

/** Places of a steady tone, in samples, before which some of it is missing or too much: where its phase jumps. */
export function jumpsOf(frequency: number, samples: Int16Array, sampleRate: number): number[] {
  const piece = sampleRate / 50;
  const step = (2 * Math.PI * frequency) / sampleRate;
  const jumps: number[] = [];
  let before: number | undefined;
  for (let from = 0; from + piece <= samples.length; from += piece) {
    let [real, imaginary] = [0, 0];
    for (let at = from; at < from + piece; at++) {
      real += (samples[at] ?? 0) * Math.cos(step * at);
      imaginary -= (samples[at] ?? 0) * Math.sin(step * at);
    }
    const phase = Math.atan2(imaginary, real);
    const turned = Math.abs(
      Math.atan2(Math.sin(phase - (before ?? phase)), Math.cos(phase - (before ?? phase))),
    );
    // Half of the turn of one sample.
    if (turned > step / 2) jumps.push(from);
    before = phase;
  }
  return jumps;
}
