import { expect, it } from 'vitest';
import { HeardBuffer } from '../../../src/exchange/devices/heard-buffer.js';
import { bytesOfSamples } from '../../../src/voice/process/pcm-bytes.js';

const RATE = 16_000;
const FRAME = 320;
/** 400 Hz: the largest step between two samples of it is about 1570. */
const sample = (at: number) => Math.round(10_000 * Math.sin((2 * Math.PI * 400 * at) / RATE));
const MOST_STEP = 10_000 * 2 * Math.PI * (400 / RATE) * 1.02 + 2;

/** A device that gives its sound in parts, with a clock that is wrong; and two minutes of frames of it. */
function heard({ ppm, partMs }: { ppm: number; partMs: number }) {
  const buffer = new HeardBuffer();
  const part = (partMs * RATE) / 1000;
  const frame = new Int16Array(FRAME);
  let [given, last, steps, silent] = [0, 0, 0, 0];
  for (let tick = 0; tick < (120 * RATE) / FRAME; tick++) {
    const has = tick * FRAME * (1 + ppm / 1e6);
    for (; given + part <= has; given += part) {
      buffer.push(bytesOfSamples(Int16Array.from({ length: part }, (_, index) => sample(given + index))));
    }
    buffer.read(frame);
    if (tick < 10) continue;
    if (frame.every((each) => each === 0)) silent++;
    for (const each of frame) {
      if (Math.abs(each - last) > MOST_STEP && tick > 10) steps++;
      last = each;
    }
  }
  return { steps, silent };
}

it.each([
  { ppm: 0, partMs: 20 },
  { ppm: 2500, partMs: 10 },
  { ppm: 1000, partMs: 60 },
  { ppm: -1000, partMs: 40 },
  { ppm: -2500, partMs: 20 },
])('sound of a device whose clock is wrong has no gaps and no jumps: %o', (device) => {
  expect(heard(device)).toEqual({ steps: 0, silent: 0 });
});

it('waits for a first reserve, fills it again after a gap, and keeps the newest of too much sound', () => {
  const buffer = new HeardBuffer();
  const frame = new Int16Array(FRAME).fill(1);
  const push = (frames: number, value: number) =>
    buffer.push(bytesOfSamples(new Int16Array(frames * FRAME).fill(value)));
  const read = () => {
    buffer.read(frame);
    return frame[0];
  };
  push(2, 5);
  expect(read()).toBe(0);
  push(1, 5);
  expect([read(), read(), read(), read()]).toEqual([5, 5, 5, 0]);
  push(1, 6);
  expect(read()).toBe(0);
  push(30, 7);
  expect([read(), read(), read(), read()]).toEqual([7, 7, 7, 0]);
});
