// Speech of several voices, without a file or a process: espeak-ng compiled to WebAssembly.
import { resample } from '../../dist/voice.js';

const RATE = 16_000;
const VOICES = [
  { name: 'en-us', pitch: 42, rate: 165 },
  { name: 'en-gb', pitch: 68, rate: 180 },
  { name: 'en-us', pitch: 80, rate: 150 },
  { name: 'en-gb', pitch: 30, rate: 145 },
  { name: 'en-gb-scotland', pitch: 55, rate: 175 },
  { name: 'en-us', pitch: 60, rate: 200 },
];

const SENTENCES = [
  'Good morning, how can I help you today',
  'I would like to move my appointment to Thursday afternoon',
  'The parcel should have been here last week and nobody called me',
  'Let me look that up for you in the system',
  'My account number is four seven one one, and the order is from March',
  'Thank you for waiting, I can see the invoice now',
  'There is a small fee for changing the address after it was sent',
  'Could you please tell me what happens with the money I have paid already',
  'We will send somebody to have a look at the machine tomorrow morning between nine and eleven',
  'That is not what your colleague told me when I called on Monday',
  'I understand that this is annoying and I am sorry about it',
  'Please hold the line while I ask my supervisor about the refund',
  'The light on the front turns red and then it makes a strange noise',
  'Have you tried to switch it off and on again',
  'Yes, I have done that several times and it does not change anything',
  'Is there anything else that I can do for you',
];
const SHORT = ['Yes', 'Okay', 'Right', 'I see', 'Sure', 'Uh huh'];
const MIDDLE = [
  'Wait, one moment please',
  'No, that is not right',
  'But I wanted to say',
  'Excuse me, can I ask',
];

let engine;
/** What was said already, by voice and text. */
const spoken = new Map();

async function loadEngine() {
  const { default: load } = await import('@echogarden/espeak-ng-emscripten');
  const module = await load();
  return new module.eSpeakNGWorker();
}

/** @typedef {{ samples: Int16Array, spans: { from: number, to: number }[], text: string }} Utterance */

/**
 * Texts of three lengths in six voices, each begun and ended by its first and last sound.
 * @returns {Promise<{ long: Utterance[], middle: Utterance[], short: Utterance[] }[]>}
 */
export async function loadVoices({ voices = VOICES.length, sentences = SENTENCES.length } = {}) {
  engine ??= await loadEngine();
  const say = (text, voice) => {
    const key = `${voice.name} ${voice.pitch} ${text}`;
    const before = spoken.get(key);
    if (before) return before;
    engine.set_voice(voice.name);
    engine.set_rate(voice.rate);
    engine.set_pitch(voice.pitch);
    const parts = [];
    engine.synthesize(text, (audio) => {
      if (audio) parts.push(Int16Array.from(new Int16Array(audio)));
      return false;
    });
    const whole = new Int16Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      whole.set(part, at);
      at += part.length;
    }
    const utterance = utteranceOf(text, resample(whole, { from: engine.samplerate, to: RATE }));
    spoken.set(key, utterance);
    return utterance;
  };
  return VOICES.slice(0, voices).map((voice) => ({
    long: SENTENCES.slice(0, sentences).map((text) => say(text, voice)),
    middle: MIDDLE.map((text) => say(text, voice)),
    short: SHORT.map((text) => say(text, voice)),
  }));
}

const WINDOW = RATE / 200;
/** A window of 5 ms that is so much softer than the loudest one of the utterance is no sound of it, as a ratio: -40 dB. */
const SOFT = 10 ** (-40 / 10);
/** Longest pause within a unit: 200 ms. */
const PAUSE = RATE / 5;
/** RMS of what is loud of an utterance. */
const LEVEL = 32768 * 10 ** (-20 / 20);

function utteranceOf(text, sound) {
  const windows = Math.floor(sound.length / WINDOW);
  const energy = Float64Array.from({ length: windows }, (_, w) => {
    let sum = 0;
    for (let i = w * WINDOW; i < (w + 1) * WINDOW; i++) sum += sound[i] ** 2;
    return sum / WINDOW;
  });
  const loudest = energy.reduce((most, each) => Math.max(most, each), 0);
  const spans = [];
  for (let w = 0; w < windows; w++) {
    if (energy[w] < loudest * SOFT) continue;
    const last = spans.at(-1);
    if (last && w * WINDOW - last.to <= PAUSE) last.to = (w + 1) * WINDOW;
    else spans.push({ from: w * WINDOW, to: (w + 1) * WINDOW });
  }
  const [first] = spans;
  const end = spans.at(-1).to;
  const loud = energy.filter((each) => each >= loudest * 0.01);
  const gain = LEVEL / Math.sqrt(loud.reduce((sum, each) => sum + each, 0) / loud.length);
  const samples = sound
    .slice(first.from, end)
    .map((sample) => Math.max(-32768, Math.min(32767, Math.round(sample * gain))));
  return {
    text,
    samples,
    spans: spans.map(({ from, to }) => ({ from: from - first.from, to: to - first.from })),
  };
}
