// Calls whose truth is known to the sample: voices, their timing, and what a line adds.
import { decodeG711, dtmfSamples, encodeG711 } from '../../dist/voice.js';
import { NOISES, noise } from './noises.mjs';
import { seededRandom } from './random.mjs';
import { losses, music, tone } from './sounds.mjs';
import { layOut } from './talk.mjs';
import { loadVoices } from './voices.mjs';

export const RATE = 16_000;
/** Signal to noise, in dB. */
export const LEVELS = [30, 25, 20, 15, 10, 5];
const SPEECH_DBFS = -20;
const samplesOf = (ms) => Math.round((ms * RATE) / 1000);

/** The calls of a corpus: each noise at each level, and more that have what comes on real lines. */
export function plan(seed, { calls = 36, seconds = 100 } = {}) {
  return Array.from({ length: calls }, (_, index) => ({
    name: `call-${String(index + 1).padStart(3, '0')}`,
    seed: seed * 1000 + index,
    seconds,
    noise: NOISES[index % NOISES.length],
    snrDb: LEVELS[Math.floor(index / NOISES.length) % LEVELS.length],
    lossPart: index % 4 === 3 ? 0.03 : 0,
    ringBack: index % 3 === 0,
    music: index % 5 === 1,
    keys: index % 3 === 1,
    beep: index % 4 === 2,
    fax: index % 9 === 5,
    echo: index % 6 === 4,
    law: index % 2 === 0 ? 'mulaw' : undefined,
  }));
}

/** Makes one call. */
export async function makeCall(options, load = {}) {
  const random = seededRandom(options.seed);
  const all = await loadVoices(load);
  const [first, second] = [random.whole(0, all.length - 1), random.whole(1, all.length - 1)];
  const voices = [all[first], all[(first + second) % all.length]];
  const sounds = { tones: [], keys: [], music: [], placed: [] };
  let at = samplesOf(400);
  const put = (list, leg, samples, facts, gapMs) => {
    sounds.placed.push({ leg, at, samples });
    list.push({ leg, from: at, to: at + samples.length, ...facts });
    at += samples.length + samplesOf(gapMs);
  };
  if (options.ringBack) {
    const hz = random.pick([[425], [440, 480], [400, 450]]);
    for (let ring = 0; ring < 2; ring++)
      put(sounds.tones, 1, tone(hz, 1000, -16), { kind: 'ring-back' }, 2500);
  }
  if (options.beep)
    put(
      sounds.tones,
      1,
      tone([random.pick([1000, 1400, 800])], random.between(250, 500)),
      { kind: 'beep' },
      900,
    );
  if (options.fax)
    for (let i = 0; i < 2; i++) put(sounds.tones, 1, tone([1100], 500), { kind: 'fax-calling' }, 3000);
  const talk = layOut({ seconds: options.seconds / 2, from: at, voices, random });
  at = talk.end + samplesOf(900);
  if (options.keys) {
    for (const digit of '4711#')
      put(sounds.keys, 1, dtmfSamples(digit, { digitMs: 90, pauseMs: 0 }), { digit }, 110);
    at += samplesOf(800);
  }
  if (options.music) put(sounds.music, 1, music(random.between(9000, 14_000), random), {}, 1200);
  const rest = layOut({ seconds: options.seconds / 2, from: at, voices, random });
  const length = Math.ceil((rest.end + samplesOf(1500)) / 320) * 320;
  const said = [...talk.said, ...rest.said];
  const clean = [new Float64Array(length), new Float64Array(length)];
  for (const { leg, at: from, samples } of [...said, ...sounds.placed]) {
    const target = clean[leg];
    for (let i = 0; i < samples.length; i++) target[from + i] += samples[i];
  }
  const echo = options.echo
    ? { leg: 1, delay: samplesOf(random.between(60, 220)), gainDb: -random.between(24, 32) }
    : undefined;
  if (echo) addEcho(clean, echo);
  const lost = [[], []];
  const legs = clean.map((sound, leg) => {
    const noisy = withNoise(sound, options, random);
    if (options.lossPart > 0) lost[leg] = losses(length, options.lossPart, random);
    for (const { from, to } of lost[leg]) noisy.fill(0, from, to);
    return options.law ? decodeG711(encodeG711(noisy, options.law), options.law) : noisy;
  });
  const truth = {
    speech: [0, 1].map((leg) => spansOf(said.filter((each) => each.leg === leg))),
    events: [...talk.events, ...rest.events],
    said: said.map(({ leg, at: from, text, samples }) => ({ leg, from, to: from + samples.length, text })),
    ...{ tones: sounds.tones, keys: sounds.keys, music: sounds.music, lost, echo },
    noiseDbfs: SPEECH_DBFS - options.snrDb,
  };
  return { ...options, sampleRate: RATE, legs, truth };
}

function withNoise(sound, { noise: kind, snrDb }, random) {
  const rms = 32768 * 10 ** ((SPEECH_DBFS - snrDb) / 20);
  const around = noise(kind, sound.length, random);
  const samples = new Int16Array(sound.length);
  for (let i = 0; i < samples.length; i++) {
    samples[i] = Math.max(-32768, Math.min(32767, Math.round(sound[i] + rms * around[i])));
  }
  return samples;
}

/** The other leg comes back, later and softer. */
function addEcho(legs, { leg, delay, gainDb }) {
  const gain = 10 ** (gainDb / 20);
  const source = legs[1 - leg].slice();
  const target = legs[leg];
  for (let i = delay; i < target.length; i++) target[i] += gain * source[i - delay];
}

const PAUSE = samplesOf(200);

function spansOf(said) {
  const spans = said.flatMap(({ at, spans }) =>
    spans.map(({ from, to }) => ({ from: at + from, to: at + to })),
  );
  const joined = [];
  for (const { from, to } of spans.sort((a, b) => a.from - b.from)) {
    const last = joined.at(-1);
    if (last && from - last.to <= PAUSE) last.to = Math.max(last.to, to);
    else joined.push({ from, to });
  }
  return joined;
}
