import { checkOptions, type Rules, within } from '../../base/check.js';
import { msToSamples, PTIME_MS, samplesToMs } from '../../base/pcm.js';
import { FrameCutter } from '../../voice/frame-cutter.js';
import { measureLevel } from '../../voice/level/level-meter.js';
import { VoiceDetector } from '../../voice/level/voice-detector.js';
import type { PcmAnalyzer } from '../../voice/stage.js';
import { type Beep, BeepDetector } from './beep-detector.js';
import { findGreeting, type HeardFrame } from './greeting.js';

/** Kind of the party that answered, judged by its greeting. */
export type Answerer = 'human' | 'machine' | 'silent';

export interface AnswerVerdict {
  readonly answerer: Answerer;
  /** Length of the first words, in milliseconds. */
  readonly greetingMs: number;
  /** Time from the answer to the verdict, in milliseconds. */
  readonly atMs: number;
  /** Beep that showed the machine, if there was one. Speech from now on is recorded by the machine. */
  readonly beep?: Beep;
}

export interface AnswerDetectorOptions {
  /** A longer greeting counts as a machine's, in milliseconds: 500 to 10,000. Default 2000. */
  readonly machineGreetingMs?: number;
  /** Silence that ends a greeting, in milliseconds: 200 to 5000. Default 1000, as machines beep after a pause. */
  readonly pauseMs?: number;
  /** Time without a word after which the verdict is `silent`, in milliseconds: 500 to 30,000. Default 4000. */
  readonly silentMs?: number;
}

/** The rules of {@link AnswerDetectorOptions}. */
export const ANSWER_RULES: Rules<AnswerDetectorOptions> = {
  machineGreetingMs: within(500, 10_000, 'ms'),
  pauseMs: within(200, 5000, 'ms'),
  silentMs: within(500, 30_000, 'ms'),
};

/**
 * Distinguishes people from answering machines by the length of the greeting. "Hello?" and a pause is a person. A long
 * sentence is a machine, and so is a beep, with or without a greeting. Noise, voices in the background and tones of a
 * network are not greetings. This is a guess, as every such method is: measure it on your own calls.
 */
export class AnswerDetector implements PcmAnalyzer<AnswerVerdict>, Disposable {
  readonly #voice: VoiceDetector;
  readonly #cutter = new FrameCutter(msToSamples(PTIME_MS));
  readonly #beeps = new BeepDetector();
  readonly #options: Required<AnswerDetectorOptions>;
  readonly #frames: HeardFrame[] = [];
  readonly #backgrounds: number[] = [];
  #heard = 0;
  #isVoice = false;
  #decided = false;

  private constructor(voice: VoiceDetector, options: Required<AnswerDetectorOptions>) {
    this.#voice = voice;
    this.#options = options;
  }

  /** @throws ERR_INVALID_ARG */
  static async create(options: AnswerDetectorOptions = {}): Promise<AnswerDetector> {
    checkOptions(options, ANSWER_RULES);
    const { machineGreetingMs = 2000, pauseMs = 1000, silentMs = 4000 } = options;
    // With these values each change gives an event, so that every frame is known to be speech or not.
    const voice = await VoiceDetector.create({ onsetMs: PTIME_MS, hangoverMs: 0 });
    return new AnswerDetector(voice, { machineGreetingMs, pauseMs, silentMs });
  }

  /** Returns the verdict once. */
  push(samples: Int16Array): AnswerVerdict[] {
    for (const frame of this.#cutter.push(samples)) {
      if (this.#decided) return [];
      const verdict = this.#observe(frame);
      if (verdict) return [verdict];
    }
    return [];
  }

  flush(): AnswerVerdict[] {
    if (this.#decided) return [];
    const [beep] = this.#beeps.flush();
    if (beep) return [this.#decide('machine', beep)];
    return [this.#decide(findGreeting(this.#frames, this.#backgrounds) ? 'human' : 'silent')];
  }

  [Symbol.dispose](): void {
    this.#voice[Symbol.dispose]();
  }

  #observe(frame: Int16Array): AnswerVerdict | undefined {
    this.#heard += frame.length;
    for (const event of this.#voice.push(frame)) {
      this.#isVoice = event.type === 'begin';
      if (event.type === 'begin') this.#markVoice(event.position);
    }
    const [beep] = this.#beeps.push(frame);
    if (beep) return this.#decide('machine', beep);
    const isTone = this.#beeps.sounding;
    const dbfs = measureLevel(frame)[0]?.rmsDbfs ?? Number.NEGATIVE_INFINITY;
    this.#frames.push({ dbfs, isVoice: this.#isVoice, isTone });
    const { machineGreetingMs, pauseMs, silentMs } = this.#options;
    if (this.#beeps.undecided) return undefined;
    const greeting = findGreeting(this.#frames, this.#backgrounds);
    if (greeting && greeting.end - greeting.begin > msToSamples(machineGreetingMs))
      return this.#decide('machine');
    if (!greeting) return this.#heard >= msToSamples(silentMs) ? this.#decide('silent') : undefined;
    return this.#heard - greeting.end >= msToSamples(pauseMs) ? this.#decide('human') : undefined;
  }

  /** Marks the frames from a position on as speech. On a line without noise, the detector reports it 120 ms late. */
  #markVoice(position: number): void {
    const first = Math.floor(position / msToSamples(PTIME_MS));
    for (let i = first; i < this.#frames.length; i++) {
      const frame = this.#frames[i];
      if (frame) this.#frames[i] = { ...frame, isVoice: true };
    }
  }

  #decide(answerer: Answerer, beep?: Beep): AnswerVerdict {
    this.#decided = true;
    const greeting = findGreeting(this.#frames, this.#backgrounds);
    const greetingMs = greeting ? samplesToMs(greeting.end - greeting.begin) : 0;
    return { answerer, greetingMs, atMs: samplesToMs(this.#heard), ...(beep ? { beep } : {}) };
  }
}
