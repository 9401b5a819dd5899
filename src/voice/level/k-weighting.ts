/**
 * The two filters of ITU-R BS.1770, a shelf for the head and a high-pass, for any sample rate. The recommendation lists
 * coefficients for 48 kHz only. These are the analogue prototypes that give those coefficients.
 */
const SHELF = { frequency: 1681.974450955533, gainDb: 3.999843853973347, q: 0.7071752369554196 } as const;
const SHELF_EXPONENT = 0.4996667741545416;
const HIGH_PASS = { frequency: 38.13547087602444, q: 0.5003270373238773 } as const;

/** b0, b1, b2, a1, a2 of a second-order section. */
export type Section = readonly [number, number, number, number, number];

/** Returns a function that filters interleaved samples and gives the sum of squares over all channels. */
export function kWeighting(sampleRate: number, channels: number): (samples: Int16Array) => number {
  const sections = [shelf(sampleRate), highPass(sampleRate)];
  const states = Array.from({ length: channels }, () => new Float64Array(4));
  return (samples) => {
    let sum = 0;
    states.forEach((state, channel) => {
      sum += weighted(samples, channel, channels, state, sections) * channelWeight(channel, channels);
    });
    return sum;
  };
}

/** Weight of a channel, in the order of WAV. In 5.1 the LFE does not count, and the surrounds count 1.5 dB more. */
function channelWeight(channel: number, channels: number): number {
  if (channels !== 6 || channel < 3) return 1;
  return channel === 3 ? 0 : 1.41;
}

function weighted(
  samples: Int16Array,
  channel: number,
  channels: number,
  state: Float64Array,
  sections: readonly Section[],
): number {
  const [[b0, b1, b2, a1, a2], [c0, c1, c2, d1, d2]] = sections as [Section, Section];
  // Transposed direct form II: two values of state for each section.
  let [s1, s2, t1, t2] = state as unknown as [number, number, number, number];
  let sum = 0;
  for (let i = channel; i < samples.length; i += channels) {
    const x = (samples[i] ?? 0) / 32768;
    const y = b0 * x + s1;
    s1 = b1 * x - a1 * y + s2;
    s2 = b2 * x - a2 * y;
    const z = c0 * y + t1;
    t1 = c1 * y - d1 * z + t2;
    t2 = c2 * y - d2 * z;
    sum += z * z;
  }
  state.set([s1, s2, t1, t2]);
  return sum;
}

export function shelf(sampleRate: number): Section {
  const k = Math.tan((Math.PI * SHELF.frequency) / sampleRate);
  const high = 10 ** (SHELF.gainDb / 20);
  const band = high ** SHELF_EXPONENT;
  const a0 = 1 + k / SHELF.q + k * k;
  return [
    (high + (band * k) / SHELF.q + k * k) / a0,
    (2 * (k * k - high)) / a0,
    (high - (band * k) / SHELF.q + k * k) / a0,
    (2 * (k * k - 1)) / a0,
    (1 - k / SHELF.q + k * k) / a0,
  ];
}

export function highPass(sampleRate: number): Section {
  const k = Math.tan((Math.PI * HIGH_PASS.frequency) / sampleRate);
  const a0 = 1 + k / HIGH_PASS.q + k * k;
  return [1, -2, 1, (2 * (k * k - 1)) / a0, (1 - k / HIGH_PASS.q + k * k) / a0];
}
