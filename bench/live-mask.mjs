// `node bench/live-mask.mjs`: processor time that live masking of many calls takes, without that of the engine: both legs of
// each come in pieces of 20 ms by a clock of its own. The engine answers at once, and tells of one word a second.
import { VirtualClock } from '../build/base/time/clock.js';
import { LiveMask } from '../build/recording/masking/live-mask.js';
import { makeCall, plan } from '../scripts/corpus/corpus.mjs';

const RATE = 16_000;
const FRAME = RATE / 50;
const CALLS = Number(process.env.BENCH_CALLS ?? 100);
const SECONDS = Number(process.env.BENCH_SECONDS ?? 30);
const delayMs = Number(process.env.BENCH_DELAY ?? 15_000);
const [, , , , options] = plan(1, { calls: 5, seconds: 110 });
const { legs } = await makeCall(options, { voices: 2, sentences: 6 });
const frames = Math.floor(legs[0].length / FRAME);

let heard = 0;
let asked = 0;
const transcriber = {
  name: 'quick',
  async transcribe({ samples }) {
    let length = 0;
    for await (const part of samples) length += part.length;
    asked++;
    heard += length / RATE;
    const words = Array.from({ length: Math.floor(length / RATE) }, (_, i) => {
      return { word: 'word', from: i * RATE, to: i * RATE + RATE / 2 };
    });
    const text = words.map(({ word }) => word).join(' ');
    return { text, segments: words.length > 0 ? [{ text, from: 0, to: length, words }] : [] };
  },
};
const written = { samples: 0 };
const sink = {
  ...{ masking() {}, masked() {}, heard() {}, notUnderstood() {}, write() {} },
  final(samples) {
    written.samples += samples.length / 2;
  },
};
const clock = new VirtualClock(0);
const masks = await Promise.all(
  Array.from({ length: CALLS }, () => LiveMask.open({ transcriber, delayMs }, { clock })),
);
for (const mask of masks) mask.to(sink);
const stereo = new Int16Array(2 * FRAME);
const before = process.cpuUsage();
for (let frame = 0; frame < SECONDS * 50; frame++) {
  await clock.advance(20);
  for (const [index, mask] of masks.entries()) {
    const from = ((frame + index * 53) % frames) * FRAME;
    for (let i = 0; i < FRAME; i++) {
      stereo[2 * i] = legs[0][from + i];
      stereo[2 * i + 1] = legs[1][from + i];
    }
    await mask.final(stereo, frame * FRAME);
  }
}
const { user, system } = process.cpuUsage(before);
const cores = (user + system) / 1e6 / SECONDS;
const megabytes = Math.round(process.memoryUsage().rss / 2 ** 20);
await Promise.all(masks.map((mask) => mask.finish()));
const seconds = CALLS * SECONDS;
process.stdout.write(
  `${CALLS} calls for ${SECONDS} s: ${cores.toFixed(2)} cores, ${megabytes} MB; the engine was asked ${asked} times for ` +
    `${(heard / seconds).toFixed(2)} s of each second of a call; ${Math.round(written.samples / RATE)} s written\n`,
);
