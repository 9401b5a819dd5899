// Six noises of a line, each with an RMS of 1.

const RATE = 16_000;

export const NOISES = ['white', 'pink', 'hum', 'fan', 'street', 'crackle'];

/** @param {string} kind @param {number} length @returns {Float64Array} */
export function noise(kind, length, random) {
  const samples = MAKERS[kind](length, random);
  const rms = Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / length);
  return samples.map((sample) => sample / rms);
}

/** Samples by their index. A loop: `Float64Array.from` takes ten times as long. */
function samplesOf(length, at) {
  const samples = new Float64Array(length);
  for (let i = 0; i < length; i++) samples[i] = at(i);
  return samples;
}

const white = (length, random) =>
  samplesOf(length, () => random.next() + random.next() + random.next() - 1.5);

function lowPassed(samples, hz) {
  const keep = Math.exp((-2 * Math.PI * hz) / RATE);
  let state = 0;
  return samples.map((sample) => {
    state = keep * state + (1 - keep) * sample;
    return state;
  });
}

const MAKERS = {
  white,
  pink(length, random) {
    const parts = [40, 160, 640, 2560].map((hz) => lowPassed(white(length, random), hz));
    const gains = [8, 4, 2, 1];
    return samplesOf(length, (i) => parts.reduce((sum, part, k) => sum + part[i] * gains[k], 0));
  },
  hum(length, random) {
    const soft = white(length, random);
    return samplesOf(length, (i) => {
      let sum = soft[i] * 0.05;
      for (let k = 1; k <= 7; k++) sum += Math.sin((2 * Math.PI * 50 * k * i) / RATE + k) / k;
      return sum;
    });
  },
  fan(length, random) {
    const air = lowPassed(white(length, random), 700);
    const blade = random.between(110, 160);
    return samplesOf(
      length,
      (i) =>
        air[i] +
        0.03 * Math.sin((2 * Math.PI * blade * i) / RATE) +
        0.02 * Math.sin((4 * Math.PI * blade * i) / RATE),
    );
  },
  street(length, random) {
    const air = lowPassed(white(length, random), 500);
    const periods = [random.between(5, 9), random.between(11, 17)];
    return samplesOf(length, (i) => {
      const swell = periods.reduce((sum, s) => sum + Math.sin((2 * Math.PI * i) / (s * RATE)), 0);
      return air[i] * 10 ** ((2 * swell) / 20);
    });
  },
  crackle(length, random) {
    const soft = white(length, random).map((sample) => sample * 0.3);
    for (let at = 0; at < length; at += Math.round(random.between(0.02, 0.5) * RATE)) {
      const loud = random.between(2, 8);
      for (let i = 0; i < 48 && at + i < length; i++)
        soft[at + i] += loud * Math.exp(-i / 10) * (random.next() - 0.5);
    }
    return soft;
  },
};
