import type { FvadModule } from '@echogarden/fvad-wasm';
import { checkArgument, checkOptions, object, oneOf, type Rules, whole, within } from '../../base/check.js';
import { JackfieldError } from '../../base/errors.js';
import { type PcmFormat, pcmFormat, SAMPLES, VOICE_FORMAT } from '../../base/pcm.js';
import { splitChannels } from '../convert/channels.js';
import { FrameCutter } from '../frame-cutter.js';
import { Resampler } from '../resample/resampler.js';
import type { PcmAnalyzer } from '../stage.js';

export interface VoiceDetectorOptions {
  /** Default {@link VOICE_FORMAT}. */
  readonly format?: PcmFormat;
  /** Channel to listen to. Default 0. */
  readonly channel?: number;
  /** Strictness of the decision that a frame is speech: 0 (most frames count as speech) to 3. Default 2. */
  readonly mode?: 0 | 1 | 2 | 3;
  /** Speech after which an utterance begins, in milliseconds: 20 to 2000. Default 60. */
  readonly onsetMs?: number;
  /** Time from the last frame of speech to the end of the utterance, in milliseconds: 0 to 10000. Default 300. */
  readonly hangoverMs?: number;
  /**
   * Sound at the beginning during which nothing is reported, so that line noise does not count as an utterance, in
   * milliseconds: 0 to 1000. Default 120.
   */
  readonly warmUpMs?: number;
}

const RULES: Rules<VoiceDetectorOptions> = {
  format: object,
  channel: whole(0, 31),
  mode: oneOf(0, 1, 2, 3),
  onsetMs: within(20, 2000, 'ms'),
  hangoverMs: within(0, 10_000, 'ms'),
  warmUpMs: within(0, 1000, 'ms'),
};

/**
 * Begin or end of an utterance, in samples per channel. `end` is the first sample after the hang-over. `speechBegin`
 * and `speechEnd` leave the hang-over out: use them for figures of a conversation, such as talk and answer times.
 */
export type VoiceEvent =
  | { readonly type: 'begin'; readonly position: number }
  | {
      readonly type: 'end';
      readonly begin: number;
      readonly end: number;
      readonly speechBegin: number;
      readonly speechEnd: number;
    };

type State =
  | { readonly name: 'quiet' }
  | { readonly name: 'rising'; readonly begin: number; frames: number; lastLoud: number; peak: number }
  | { readonly name: 'speaking'; readonly begin: number; lastSpeech: number; lastLoud: number; peak: number };

const FRAME_MS = 20;
/**
 * Sound that the detector needs to learn the noise of the line, in milliseconds. Before that it takes noise for speech.
 */
const WARM_UP_MS = 120;
/** Largest sample of a frame that counts as silent (-72 dBFS). */
const SILENT_PEAK = 8;
/** WebRTC's detector reports speech for up to this many frames after the last word, in every mode. */
const OVERHANG_FRAMES = 5;
/** Among those frames, one that is 30 dB softer than the loudest of the utterance is no word. The value is a ratio. */
const SOFT = 10 ** (-30 / 20);
const NATIVE_RATES: readonly number[] = [8000, 16_000, 32_000, 48_000];
const OTHER_RATES_AS = 16_000;

let loaded: Promise<FvadModule> | undefined;

/**
 * Finds speech with the voice activity detector of WebRTC. It decides for each 20 ms; an onset and a hang-over join the
 * decisions into utterances. An utterance that begins in the first 120 ms of sound is reported after them (`warmUpMs`),
 * so that line noise does not count. Rates other than 8, 16, 32 and 48 kHz are resampled to 16 kHz for the decision.
 *
 * States: quiet -> rising -> speaking -> quiet; rising falls back to quiet when the speech is too short.
 */
export class VoiceDetector implements PcmAnalyzer<VoiceEvent>, Disposable {
  readonly #format: PcmFormat;
  readonly #channel: number;
  readonly #resampler: Resampler | undefined;
  /** Input samples for each sample that the detector sees. */
  readonly #scale: number;
  readonly #frames: FrameCutter;
  readonly #vad: NativeVad;
  readonly #utterances: UtteranceFinder;
  #pushed = 0;

  private constructor(module: FvadModule, options: ResolvedOptions) {
    const { format, channel, mode, onsetMs, hangoverMs, warmUpMs } = options;
    const isNative = NATIVE_RATES.includes(format.sampleRate);
    const rate = isNative ? format.sampleRate : OTHER_RATES_AS;
    this.#format = format;
    this.#channel = channel;
    this.#resampler = isNative
      ? undefined
      : new Resampler({ from: format.sampleRate, to: rate, quality: 'low' });
    this.#scale = format.sampleRate / rate;
    const frameLength = (FRAME_MS * rate) / 1000;
    this.#frames = new FrameCutter(frameLength);
    this.#vad = new NativeVad(module, rate, mode, frameLength);
    this.#utterances = new UtteranceFinder({
      frameLength,
      warmUp: Math.ceil(warmUpMs / FRAME_MS),
      onset: Math.ceil(onsetMs / FRAME_MS),
      hangover: (hangoverMs * rate) / 1000,
    });
  }

  /** Loads the detector. @throws ERR_INVALID_ARG for an option out of range. */
  static async create(options: VoiceDetectorOptions = {}): Promise<VoiceDetector> {
    const resolved = resolveOptions(options);
    loaded ??= import('@echogarden/fvad-wasm').then(({ default: fvad }) => fvad());
    return new VoiceDetector(await loaded, resolved);
  }

  push(samples: Int16Array): VoiceEvent[] {
    checkArgument('samples', samples, SAMPLES);
    const { channels } = this.#format;
    const lane = channels === 1 ? samples : splitChannels(samples, channels)[this.#channel];
    if (!lane) return [];
    this.#pushed += lane.length;
    return this.#observe(this.#resampler ? this.#resampler.push(lane) : lane);
  }

  /** Ends the last utterance and releases the detector. */
  flush(): VoiceEvent[] {
    const events = this.#resampler ? this.#observe(this.#resampler.flush()) : [];
    const last = this.#utterances.end();
    if (last) events.push(this.#placed(last));
    this.#vad.free();
    return events;
  }

  [Symbol.dispose](): void {
    this.#vad.free();
  }

  #observe(samples: Int16Array): VoiceEvent[] {
    const events: VoiceEvent[] = [];
    for (const frame of this.#frames.push(samples)) {
      const event = this.#utterances.take(this.#vad.isSpeech(frame), frame);
      if (event) events.push(this.#placed(event));
    }
    return events;
  }

  /** Converts the positions of an event to samples of the input. */
  #placed(event: VoiceEvent): VoiceEvent {
    const at = (position: number) => Math.min(this.#pushed, Math.round(position * this.#scale));
    if (event.type === 'begin') return { type: 'begin', position: at(event.position) };
    const { begin, end, speechBegin, speechEnd } = event;
    return {
      type: 'end',
      begin: at(begin),
      end: at(end),
      speechBegin: at(speechBegin),
      speechEnd: at(speechEnd),
    };
  }
}

/** Lengths of {@link UtteranceFinder}. */
interface UtteranceRules {
  /** Samples of a frame. */
  readonly frameLength: number;
  /** Frames with sound in which nothing is reported. */
  readonly warmUp: number;
  /** Frames of speech after which an utterance begins. */
  readonly onset: number;
  /** Samples from the last frame of speech to the end of the utterance. */
  readonly hangover: number;
}

/** Joins the decisions on frames into utterances. Positions are samples of the frames. */
class UtteranceFinder {
  readonly #rules: UtteranceRules;
  #warmUp: number;
  #position = 0;
  #state: State = { name: 'quiet' };

  constructor(rules: UtteranceRules) {
    this.#rules = rules;
    this.#warmUp = rules.warmUp;
  }

  take(isSpeech: boolean, frame: Int16Array): VoiceEvent | undefined {
    if (this.#warmUp > 0 && frame.some((sample) => Math.abs(sample) > SILENT_PEAK)) this.#warmUp--;
    const event = this.#decide(isSpeech, rms(frame));
    this.#position += this.#rules.frameLength;
    return event;
  }

  /** Returns the end of the last utterance, if it goes on. */
  end(): VoiceEvent | undefined {
    const state = this.#state;
    this.#state = { name: 'quiet' };
    return state.name === 'speaking' ? this.#ended(state) : undefined;
  }

  #decide(isSpeech: boolean, level: number): VoiceEvent | undefined {
    const state = this.#state;
    const position = this.#position;
    switch (state.name) {
      case 'quiet': {
        if (!isSpeech) return undefined;
        const rising = {
          name: 'rising',
          begin: position,
          frames: 1,
          lastLoud: position,
          peak: level,
        } as const;
        return this.#risen({ ...rising });
      }
      case 'rising':
        state.frames++;
        noteLevel(state, level, position);
        if (isSpeech) return this.#risen(state);
        this.#state = { name: 'quiet' };
        return undefined;
      case 'speaking':
        if (isSpeech) {
          state.lastSpeech = position;
          noteLevel(state, level, position);
        } else if (position - state.lastSpeech >= this.#rules.hangover) {
          return this.end();
        }
        return undefined;
      default:
        return state satisfies never;
    }
  }

  #risen(state: Extract<State, { name: 'rising' }>): VoiceEvent | undefined {
    this.#state = state;
    if (state.frames < this.#rules.onset || this.#warmUp > 0) return undefined;
    const { begin, lastLoud, peak } = state;
    this.#state = { name: 'speaking', begin, lastLoud, peak, lastSpeech: this.#position };
    return { type: 'begin', position: begin };
  }

  #ended({ begin, lastSpeech, lastLoud }: Extract<State, { name: 'speaking' }>): VoiceEvent {
    const { frameLength, hangover } = this.#rules;
    const lastWord = Math.max(lastLoud, lastSpeech - OVERHANG_FRAMES * frameLength);
    return {
      type: 'end',
      begin,
      end: lastSpeech + frameLength + hangover,
      speechBegin: begin,
      speechEnd: lastWord + frameLength,
    };
  }
}

/** Records the level of the loudest frame of an utterance, and the position of the last frame that is not soft. */
function noteLevel(state: { lastLoud: number; peak: number }, level: number, position: number): void {
  state.peak = Math.max(state.peak, level);
  if (level >= state.peak * SOFT) state.lastLoud = position;
}

function rms(frame: Int16Array): number {
  return Math.sqrt(frame.reduce((sum, sample) => sum + sample * sample, 0) / frame.length);
}

/** One detector in the memory of the WebAssembly module, which all detectors share. */
class NativeVad {
  readonly #module: FvadModule;
  readonly #frame: number;
  #handle: number;

  constructor(module: FvadModule, rate: number, mode: number, frameLength: number) {
    this.#module = module;
    this.#handle = module._fvad_new();
    this.#frame = module._malloc(frameLength * Int16Array.BYTES_PER_ELEMENT);
    if (this.#handle === 0 || this.#frame === 0) {
      throw new JackfieldError('ERR_INVALID_STATE', 'The voice detector has no memory for another stream.');
    }
    module._fvad_set_sample_rate(this.#handle, rate);
    module._fvad_set_mode(this.#handle, mode);
  }

  isSpeech(frame: Int16Array): boolean {
    if (this.#handle === 0)
      throw new JackfieldError(
        'ERR_INVALID_STATE',
        'The voice detector was flushed and takes no more samples.',
      );
    this.#module.HEAP16.set(frame, this.#frame / Int16Array.BYTES_PER_ELEMENT);
    return this.#module._fvad_process(this.#handle, this.#frame, frame.length) === 1;
  }

  free(): void {
    if (this.#handle === 0) return;
    this.#module._fvad_free(this.#handle);
    this.#module._free(this.#frame);
    this.#handle = 0;
  }
}

interface ResolvedOptions {
  readonly format: PcmFormat;
  readonly channel: number;
  readonly mode: number;
  readonly onsetMs: number;
  readonly hangoverMs: number;
  readonly warmUpMs: number;
}

function resolveOptions(options: VoiceDetectorOptions): ResolvedOptions {
  checkOptions(options, RULES);
  const { channel = 0, mode = 2, onsetMs = 60, hangoverMs = 300, warmUpMs = WARM_UP_MS } = options;
  const format = pcmFormat(options.format ?? VOICE_FORMAT);
  checkArgument('channel', channel, whole(0, format.channels - 1));
  return { format, channel, mode, onsetMs, hangoverMs, warmUpMs };
}
