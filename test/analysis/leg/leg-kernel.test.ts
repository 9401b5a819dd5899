import { expect, test } from 'vitest';
import { echoTransform } from '../../../src/analysis/leg/echo-transform.js';
import { BAND_EDGES, legKernel, PLACES, ROW } from '../../../src/analysis/leg/leg-kernel.js';
import { RealSpectrum } from '../../../src/analysis/leg/real-spectrum.js';
import { SoundMeter } from '../../../src/analysis/leg/sound-meter.js';
import { Fft } from '../../../src/voice/draw/fft.js';
import { measureLoudness } from '../../../src/voice/level/loudness-meter.js';
import { randomFrom } from '../../random.js';

const random = randomFrom(11);
const noise = (length: number, level = 20_000) =>
  Int16Array.from({ length }, () => Math.round((2 * random() - 1) * level));
const sine = (length: number, hz: number, sampleRate: number) =>
  Int16Array.from({ length }, (_, i) => Math.round(9000 * Math.sin((2 * Math.PI * hz * i) / sampleRate)));

test.each([
  ['noise', noise(256)],
  ['a sine', sine(256, 440, 8000)],
  ['full scale', new Int16Array(256).fill(-32768)],
  ['next to nothing', noise(256, 2)],
])('the spectrum of %s is that of a plain transform', (_, samples) => {
  const kernel = legKernel();
  kernel.samples.set(samples, PLACES.frames / 2);
  kernel.spectrum(PLACES.frames, PLACES.row, PLACES.tables);
  const row = kernel.floats.subarray(PLACES.row / 4);
  const plain = new RealSpectrum(256).take(samples, 0);
  const total = plain.reduce((sum, power) => sum + power, 0);
  for (const [bin, power] of plain.entries())
    expect(Math.abs((row[bin] as number) - power)).toBeLessThanOrEqual(1e-6 * total);
  for (let band = 0; band < BAND_EDGES.length - 1; band++) {
    const sum = plain.slice(BAND_EDGES[band], BAND_EDGES[band + 1]).reduce((all, power) => all + power, 0);
    expect(Math.abs((row[ROW.bands + band] as number) - sum)).toBeLessThanOrEqual(1e-5 * total);
  }
});

test.each([16, 32, 64, 512, 4096, 8192])('a transform of %d for echoes is the plain one', (size) => {
  const [re, im] = [noise(size), noise(size, 300)].map((samples) => Float64Array.from(samples)) as [
    Float64Array,
    Float64Array,
  ];
  const transform = echoTransform(size);
  transform.input.re.set(re);
  transform.input.im.set(im);
  const result = transform.take();
  new Fft(size).transform(re, im);
  const mean = 20_000 * Math.sqrt(size / 3);
  for (let bin = 0; bin < size; bin++) {
    const apart = Math.hypot((result.re[bin] ?? 0) - (re[bin] ?? 0), (result.im[bin] ?? 0) - (im[bin] ?? 0));
    if (!(apart <= 2e-6 * mean)) throw new Error(`bin ${bin} is ${apart / mean} off`);
  }
});

test.each([1, 2, 3, 4, 5, 8, 21])(
  'the first of the largest of %d values is found wherever it is',
  (count) => {
    const kernel = legKernel();
    const row = kernel.floats.subarray(PLACES.row / 4);
    for (let place = 0; place < count; place++) {
      row.fill(1, 0, 40);
      row[place] = 5;
      row[count - 1] = 5;
      expect(kernel.largest(PLACES.row, count)).toBe(place);
    }
  },
);

test('bins that stay peaks are counted, and their power is summed', () => {
  const kernel = legKernel();
  const row = kernel.floats.subarray(PLACES.row / 4);
  const kept = kernel.ints.subarray(PLACES.out / 4, PLACES.out / 4 + 108);
  kept.fill(0);
  const ages = new Int32Array(108);
  let longest = 0;
  for (let frame = 0; frame < 200; frame++) {
    const power = Float32Array.from({ length: 120 }, (_, bin) =>
      // Some stay where they are, one of them between two bins, over noise.
      [20, 40, 41, 97].includes(bin) ? 0.5 + 0.3 * random() : 0.02 * random(),
    );
    row.set(power);
    const total = Math.fround(power.reduce((sum, each) => sum + each, 0));
    const at = (bin: number) => power[bin] as number;
    let sum = 0;
    for (let bin = 5; bin <= 112; bin++) {
      const isPeak =
        at(bin) * 400 > total &&
        at(bin) * 1.6 >= Math.max(at(bin - 1), at(bin + 1)) &&
        at(bin) * 4 > at(bin - 2) + at(bin + 2);
      const age = isPeak ? (ages[bin - 5] as number) + 1 : 0;
      ages[bin - 5] = age;
      longest = Math.max(longest, age);
      if (age >= 16) sum += at(bin);
    }
    expect(kernel.held(PLACES.row + 12, PLACES.out, 108, total, 16)).toBeCloseTo(sum, 5);
    expect(kept).toEqual(ages);
  }
  expect(longest).toBe(200);
});

/** The levels of two legs, in pieces of 100 ms. */
function metered(legs: readonly Int16Array[], sampleRate: number): SoundMeter {
  const meter = new SoundMeter(legs.length, sampleRate);
  const piece = Math.round(sampleRate / 10);
  for (let at = 0; at < (legs[0]?.length ?? 0); at += piece)
    meter.take(legs.map((leg) => leg.subarray(at, at + piece)));
  return meter;
}

test.each([8000, 11_025, 16_000, 44_100, 192_000])(
  'levels of two legs at %d Hz are those of each',
  (rate) => {
    const legs = [noise(2 * rate), sine(2 * rate, 700, rate)];
    legs[1]?.fill(0, rate);
    const meter = metered(legs, rate);
    for (const [index, leg] of legs.entries()) {
      const alone = metered([leg], rate).legs[0];
      const levels = meter.legs[index];
      expect(levels?.active.read()).toEqual(alone?.active.read());
      const { integratedLufs } = measureLoudness(leg, { sampleRate: rate, channels: 1 });
      expect(levels?.loudness.read().integratedLufs).toBeCloseTo(integratedLufs, 9);
      let [sum, squares, most] = [0, 0, 0];
      for (const sample of leg) {
        sum += sample;
        squares += sample * sample;
        most = Math.max(most, Math.abs(sample));
      }
      expect(levels?.samples).toMatchObject({ count: leg.length, sum, squares, peak: most });
    }
  },
);

test('the square of the smallest sample (-32768) is not negative', () => {
  const meter = metered([new Int16Array(1600).fill(-32768)], 16_000);
  expect(meter.legs[0]?.samples).toMatchObject({
    squares: 1600 * 2 ** 30,
    peak: 32768,
    clippedSamples: 1600,
  });
});
