// Tones, music and what a line does to voice.

const RATE = 16_000;

/** Sines with soft edges. @param {readonly number[]} hz @param {number} ms @param {number} dbfs of each sine's peak */
export function tone(hz, ms, dbfs = -14) {
  const length = Math.round((ms * RATE) / 1000);
  const peak = 32768 * 10 ** (dbfs / 20);
  const edge = RATE / 500;
  return Int16Array.from({ length }, (_, i) => {
    const gain = Math.min(1, (i + 1) / edge, (length - i) / edge);
    return Math.round(
      gain * peak * hz.reduce((sum, each) => sum + Math.sin((2 * Math.PI * each * i) / RATE), 0),
    );
  });
}

const SCALE = [261.6, 293.7, 329.6, 392, 440, 523.3, 587.3, 659.3];

/** Music as it is played to those who wait: chords, a tune, a soft beat. */
export function music(ms, random) {
  const length = Math.round((ms * RATE) / 1000);
  const sound = new Float64Array(length);
  const note = (hz, from, seconds, gain) => {
    const end = Math.min(length, from + Math.round(seconds * RATE));
    for (let i = from; i < end; i++) {
      const t = (i - from) / RATE;
      const shape = Math.min(1, t / 0.01) * Math.exp(-t / seconds) * Math.min(1, (end - i) / 200);
      for (let k = 1; k <= 4; k++) sound[i] += (gain * shape * Math.sin(2 * Math.PI * hz * k * t)) / k ** 1.5;
    }
  };
  const beat = Math.round(random.between(0.28, 0.45) * RATE);
  for (let step = 0, at = 0; at < length; step++, at += beat) {
    note(random.pick(SCALE), at, random.between(0.4, 0.9), 0.5);
    if (step % 4 === 0)
      for (const degree of [0, 2, 4])
        note(SCALE[(degree + (step / 4) * 3) % 8] / 2, at, (beat * 4.2) / RATE, 0.4);
  }
  const peak = sound.reduce((most, each) => Math.max(most, Math.abs(each)), 0);
  return Int16Array.from(sound, (each) => Math.round((each / peak) * 9000));
}

/** Loss in bursts (Gilbert-Elliott): the frames of 20 ms that are lost, as spans. */
export function losses(length, part, random) {
  const frame = RATE / 50;
  const toGood = 0.45;
  const toBad = (part * toGood) / (1 - part);
  const spans = [];
  let bad = false;
  for (let from = 0; from < length; from += frame) {
    bad = bad ? !random.chance(toGood) : random.chance(toBad);
    if (!bad) continue;
    const to = Math.min(length, from + frame);
    if (spans.at(-1)?.to === from) spans.at(-1).to = to;
    else spans.push({ from, to });
  }
  return spans;
}
