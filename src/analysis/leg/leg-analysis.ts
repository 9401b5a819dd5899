import { VOICE_FORMAT } from '../../base/pcm.js';
import { Resampler } from '../../voice/resample/resampler.js';
import { MOST_HALVED, VoiceHalver } from '../../voice/resample/voice-halver.js';
import { DTMF_COLUMNS, DTMF_ROWS, type DtmfDigit } from '../../voice/tone/dtmf.js';
import type { DtmfEvent } from '../../voice/tone/dtmf-detector.js';
import type { NeuralFrames } from '../neural/neural-frames.js';
import type { Span } from '../speech-units.js';
import { KeyFrames } from './key-frames.js';
import { MusicFrames } from './music-frames.js';
import { NoiseLevel } from './noise-level.js';
import { LOOK_AHEAD, SpeechFrames } from './speech-frames.js';
import { type SpeechNotice, SpeechSpans, type SpokenUnit } from './speech-spans.js';
import { type Tone, ToneFrames } from './tone-frames.js';
import { type HeardTone, toneKind } from './tone-kinds.js';
import { BAND_RATE, FRAME, MOST_LOADED, VoiceBands } from './voice-bands.js';

/** Key that was pressed. Positions are samples of the leg. */
export interface PressedKey extends Span {
  readonly digit: DtmfDigit;
}

/** Notice of one leg. Positions are samples of the leg. */
export type LegNotice =
  | SpeechNotice
  | { readonly type: 'tone'; readonly tone: HeardTone }
  | { readonly type: 'key'; readonly key: PressedKey }
  | { readonly type: 'music'; readonly music: Span };

/** Echo of the other leg in this one. */
export interface HeardEcho {
  readonly source: VoiceBands;
  /** Delay in frames. */
  readonly delay: number;
  /** Gain, as a ratio of powers. */
  readonly gain: number;
}

/** By how much an echo may be louder than its mean, as a ratio of powers: 6 dB. */
const ECHO_MARGIN = 4;
/**
 * Level below the usual one of the leg at which a unit is taken for an echo or street noise, as a ratio of powers: -18
 * dB.
 */
const FAINT = 10 ** -1.8;
/** Frames over which an echo is spread. */
const ECHO_SPREAD = 3;
/** Level below a neighbouring frame at which a frame is not speech, as a ratio of powers: -25 dB. */
const BESIDE = 10 ** -2.5;
/** Frames for which it is remembered that they are a tone or a key. */
const RING = 64;
/**
 * Least excess over the noise, in dB, of a frame that the neural detector takes for speech. The detector goes on a
 * little after the end of a word.
 */
const NEURAL_DB = 1.5;
/** Greatest distance of a note to the music before and after it. */
const NEAR_MUSIC_MS = 2000;
/** Samples from the middle of a frame's spectrum to the frame's end. */
const CENTRE = 128;

/** Finds speech, tones, keys, music and noise of one leg, in one pass over its samples. */
export class LegAnalysis {
  readonly noise = new NoiseLevel();
  readonly tones: HeardTone[] = [];
  readonly keys: PressedKey[] = [];
  readonly music: Span[] = [];
  readonly bands = new VoiceBands();
  /** Echo of the other leg in this one, if known. It does not count as speech of this leg. */
  echo: HeardEcho | undefined;
  readonly #scale: number;
  readonly #resampler: Resampler | VoiceHalver | undefined;
  readonly #tone = new ToneFrames(this.bands);
  readonly #key = new KeyFrames(this.bands);
  readonly #speech = new SpeechFrames();
  readonly #music = new MusicFrames();
  readonly #spans = new SpeechSpans();
  readonly #neural: NeuralFrames | undefined;
  /** Frames with a tone or a key, as a ring. They are not speech. */
  readonly #taken = new Uint8Array(RING);
  /** Samples that were taken. */
  #count = 0;
  #keyFrom: number | undefined;
  #notices: LegNotice[] = [];

  /** @param neural Detector of speech. Default: by the level in bands. */
  constructor(sampleRate: number = VOICE_FORMAT.sampleRate, neural?: NeuralFrames) {
    this.#neural = neural;
    this.#scale = sampleRate / BAND_RATE;
    this.#resampler = toBandRate(sampleRate);
  }

  /** Sample up to which speech is decided. */
  get decided(): number {
    return Math.round(Math.max(0, this.bands.count - LOOK_AHEAD) * FRAME * this.#scale);
  }

  /** True while a tone or a key sounds. */
  get isSounding(): boolean {
    return this.#keyFrom !== undefined || this.#tone.soundingFrom !== undefined;
  }

  /** End of the last tone, key or music. */
  get soundedUntil(): number {
    return Math.max(0, ...[this.tones, this.keys, this.music].map((spans) => spans.at(-1)?.to ?? 0));
  }

  /** Units of speech so far, including the current one, without music and faint units. */
  get units(): Span[] {
    const { open } = this.#spans;
    const units = open ? [...this.#spans.units, open] : this.#spans.units;
    const faintest = usualPower(units) * FAINT;
    return units
      .filter(({ meanSquare }) => meanSquare >= faintest)
      .map(({ from, to }) => ({ from: this.#ofFrame(from), to: this.#ofFrame(to) }))
      .filter((unit) => covered(unit, this.music) < 0.5);
  }

  /** Tones so far, without those that turned out to be notes of music. */
  get tonesBesideMusic(): HeardTone[] {
    const near = (NEAR_MUSIC_MS * (this.#scale * BAND_RATE)) / 1000;
    return this.tones.filter(
      ({ kind, from, to }) =>
        !isPlain(kind) ||
        !this.music.some((each) => each.from < from && each.to > from - near) ||
        !this.music.some((each) => each.to > to && each.from < to + near),
    );
  }

  /** Takes mono samples. Returns the notices that have become certain. */
  push(samples: Int16Array): readonly LegNotice[] {
    this.#count += samples.length;
    if (!this.#resampler) this.#hear(samples);
    else if (samples.length <= MOST_HALVED) this.#hear(this.#resampler.push(samples));
    else
      for (let at = 0; at < samples.length; at += MOST_HALVED)
        this.#hear(this.#resampler.push(samples.subarray(at, at + MOST_HALVED)));
    return this.#told();
  }

  /** Ends the leg. Returns the last notices. */
  end(): readonly LegNotice[] {
    if (this.#resampler) this.#hear(this.#resampler.flush());
    const tone = this.#tone.end();
    if (tone) this.#addTone(tone);
    for (const event of this.#key.end()) this.#addKey(event);
    const silence = new Float32Array(this.bands.powers.length);
    const { count } = this.bands;
    for (let frame = count - LOOK_AHEAD; frame < count; frame++)
      this.#decide(this.#speech.take(silence, 0), frame);
    for (const notice of this.#spans.end()) this.#tell(notice);
    const music = this.#music.end();
    if (music) this.#addMusic(music);
    return this.#told();
  }

  #hear(samples: Int16Array): void {
    const { bands } = this;
    for (let at = 0; at < samples.length; at += MOST_LOADED) {
      bands.load(samples.length <= MOST_LOADED ? samples : samples.subarray(at, at + MOST_LOADED));
      while (bands.next()) this.#frame(bands.count - 1);
    }
  }

  #frame(frame: number): void {
    const { bands } = this;
    this.#taken[frame % RING] = 0;
    const tone = this.#tone.take();
    if (tone) this.#addTone(tone);
    for (const event of this.#key.take()) this.#addKey(event);
    this.#mark(Math.min(this.#tone.soundingFrom ?? frame + 1, this.#keyFrom ?? frame + 1), frame);
    this.#neural?.take(bands);
    this.#music.look(bands, this.#speech.noise);
    this.#decide(this.#speech.take(bands.powers, bands.total), frame - LOOK_AHEAD);
  }

  /** Marks frames as those of a tone. */
  #mark(from: number, to: number): void {
    for (let frame = Math.max(0, from, to - RING + 1); frame <= to; frame++) this.#taken[frame % RING] = 1;
  }

  #decide(isSound: boolean, frame: number): void {
    if (frame < 0) return;
    const isTone = this.#taken[frame % RING] === 1;
    const mayBe = !isTone && !this.#isBesideSpeech(frame) && !(this.echo && this.#isEcho(this.echo, frame));
    const isSpeech = mayBe && (this.#neural ? this.#isNeural(this.#neural, frame) : isSound);
    const meanSquare = this.bands.meanSquare(frame);
    for (const notice of this.#spans.take(isSpeech, this.#speech.excessDb, meanSquare)) this.#tell(notice);
    if (!this.#spans.isNearSpeech && !isTone) this.noise.add(meanSquare);
    const music = this.#music.take(isSound && mayBe);
    if (music) this.#addMusic(music);
  }

  #isNeural(neural: NeuralFrames, frame: number): boolean {
    return neural.decide(frame) && this.#speech.excessDb >= NEURAL_DB;
  }

  /**
   * True when a neighbouring frame is much louder. The window of the spectrum is longer than a frame, so the spectrum
   * shows the neighbour.
   */
  #isBesideSpeech(frame: number): boolean {
    const { bands } = this;
    let most = 0;
    const last = Math.min(frame + 1, bands.count - 1);
    for (let at = Math.max(0, frame - 3); at <= last; at++) most = Math.max(most, bands.meanSquare(at));
    return bands.meanSquare(Math.max(0, frame - 1)) < most * BESIDE;
  }

  /** True when a frame is no louder than the expected echo of the other leg. */
  #isEcho({ source, delay, gain }: HeardEcho, frame: number): boolean {
    let most = 0;
    const last = Math.min(frame - delay + 1, source.count - 1);
    for (let at = Math.max(0, frame - delay - ECHO_SPREAD); at <= last; at++)
      most = Math.max(most, source.meanSquare(at));
    return this.bands.meanSquare(frame) <= most * gain * ECHO_MARGIN + this.#speech.noise;
  }

  #tell(notice: SpeechNotice): void {
    if (notice.type === 'speech-began') this.#notices.push({ ...notice, at: this.#ofFrame(notice.at) });
    else this.#notices.push({ ...notice, from: this.#ofFrame(notice.from), to: this.#ofFrame(notice.to) });
  }

  #addTone(tone: Tone): void {
    const { from, to, frequencies } = tone;
    const kind = toneKind(frequencies, ((to - from) * 1000) / BAND_RATE);
    const scaled = { ...tone, kind, from: this.#scaled(from), to: this.#scaled(to) };
    // A key is not told as a tone as well.
    if (this.#isKey(scaled)) return;
    this.tones.push(scaled);
    this.#notices.push({ type: 'tone', tone: scaled });
  }

  #isKey({ from, to, frequencies }: Tone): boolean {
    const isKnown = this.keys.at(-1);
    if (this.#keyFrom !== undefined || (isKnown && isKnown.to > from && isKnown.from < to)) return true;
    const [low = 0, high = 0] = frequencies;
    const isNear = (hz: number, list: readonly number[]) =>
      list.some((each) => Math.abs(each / hz - 1) < 0.02);
    return frequencies.length === 2 && isNear(low, DTMF_ROWS) && isNear(high, DTMF_COLUMNS);
  }

  #addKey(event: DtmfEvent): void {
    if (event.type === 'begin') {
      this.#keyFrom = Math.max(0, Math.floor(event.position / FRAME));
      return;
    }
    this.#mark(this.#keyFrom ?? 0, Math.ceil(event.end / FRAME) + 1);
    this.#keyFrom = undefined;
    const key = { digit: event.digit, from: this.#scaled(event.begin), to: this.#scaled(event.end) };
    this.keys.push(key);
    this.#notices.push({ type: 'key', key });
  }

  #addMusic({ from, to }: Span): void {
    const music = { from: this.#ofFrame(from), to: this.#ofFrame(to) };
    this.music.push(music);
    this.#notices.push({ type: 'music', music });
  }

  #told(): readonly LegNotice[] {
    const notices = this.#notices;
    if (notices.length > 0) this.#notices = [];
    return notices;
  }

  /** Returns the sample in the middle of the window of a frame. */
  #ofFrame(frame: number): number {
    return this.#scaled(Math.max(0, (frame + 1) * FRAME - CENTRE));
  }

  /** Converts samples at the rate of the bands to samples of the leg. */
  #scaled(position: number): number {
    return Math.min(this.#count, Math.round(position * this.#scale));
  }
}

/** True for tones of no network and no machine: a note may be one. */
function isPlain(kind: HeardTone['kind']): boolean {
  return kind === 'tone' || kind === 'beep';
}

/** Returns what lowers the rate of a leg to that of the bands; undefined when it has that rate. */
function toBandRate(sampleRate: number): Resampler | VoiceHalver | undefined {
  if (sampleRate === BAND_RATE) return undefined;
  if (sampleRate === 2 * BAND_RATE) return new VoiceHalver();
  return new Resampler({ from: sampleRate, to: BAND_RATE, quality: 'low' });
}

/**
 * Returns the median of the mean squares, weighted by the lengths of the units. Single loud noises do not change it.
 */
function usualPower(units: readonly SpokenUnit[]): number {
  const half = units.reduce((sum, { from, to }) => sum + to - from, 0) / 2;
  let time = 0;
  const usual = units
    .toSorted((a, b) => a.meanSquare - b.meanSquare)
    .find(({ from, to }) => {
      time += to - from;
      return time >= half;
    });
  return usual?.meanSquare ?? 0;
}

/** Returns the share of `span` that is covered by `others`, 0 to 1. */
function covered(span: Span, others: readonly Span[]): number {
  const samples = others.reduce(
    (sum, { from, to }) => sum + Math.max(0, Math.min(to, span.to) - Math.max(from, span.from)),
    0,
  );
  return samples / Math.max(1, span.to - span.from);
}
