import { expect, it } from 'vitest';
import { Fft } from '../../../src/voice/draw/fft.js';

it.each([1, 2, 4, 8, 64, 128])('a transform of %i is the sum that defines it', (size) => {
  const random = (i: number) => Math.sin(i * i * 12.9898 + i) * 2 - Math.cos(i * 78.233);
  const [re, im] = [0, 1].map((part) => Float64Array.from({ length: size }, (_, i) => random(2 * i + part)));
  if (!re || !im) throw new Error('two parts');
  const bins = Array.from({ length: size }, (_, bin) => {
    let [real, imaginary] = [0, 0];
    for (let i = 0; i < size; i++) {
      const angle = (2 * Math.PI * bin * i) / size;
      real += (re[i] ?? 0) * Math.cos(angle) + (im[i] ?? 0) * Math.sin(angle);
      imaginary += (im[i] ?? 0) * Math.cos(angle) - (re[i] ?? 0) * Math.sin(angle);
    }
    return [real, imaginary] as const;
  });
  new Fft(size).transform(re, im);
  for (const [bin, [real, imaginary]] of bins.entries()) {
    expect(re[bin]).toBeCloseTo(real, 9);
    expect(im[bin]).toBeCloseTo(imaginary, 9);
  }
});
