import { invalidArgument } from '../../errors.js';
import { msToSamples, PTIME_MS } from '../../pcm.js';
import { FrameCutter } from '../../voice/frame-cutter.js';
import { VoiceDetector } from '../../voice/level/voice-detector.js';
import type { PcmAnalyzer } from '../../voice/stage.js';

/** Who has answered, as far as can be told from how he greets. */
export type Answerer = 'human' | 'machine' | 'silent';

export interface AnswerVerdict {
  readonly answerer: Answerer;
  /** Length of the first words, in milliseconds. */
  readonly greetingMs: number;
  /** When it was certain, from the answer, in milliseconds. */
  readonly atMs: number;
}

export interface AnswerDetectorOptions {
  /** A greeting longer than this is a machine's, in milliseconds: 500 to 10,000. Default 2000. */
  readonly machineGreetingMs?: number;
  /** Silence that ends a greeting, in milliseconds: 200 to 5000. Default 700. */
  readonly pauseMs?: number;
  /** Nobody has spoken for this long, in milliseconds: 500 to 30,000. Default 4000. */
  readonly silentMs?: number;
}

const ONSET_MS = 60;

/**
 * Tells people from answering machines by the length of their greeting: "Hello?" and a pause is a person, a sentence
 * that goes on is a machine. A guess, as each such method is: measure it on calls of your own.
 */
export class AnswerDetector implements PcmAnalyzer<AnswerVerdict>, Disposable {
  readonly #voice: VoiceDetector;
  readonly #frames = new FrameCutter(msToSamples(PTIME_MS));
  readonly #machine: number;
  readonly #pause: number;
  readonly #silent: number;
  #heard = 0;
  #speaking: number | undefined;
  #decided = false;

  private constructor(voice: VoiceDetector, options: Required<AnswerDetectorOptions>) {
    this.#voice = voice;
    this.#machine = msToSamples(options.machineGreetingMs);
    this.#pause = msToSamples(options.pauseMs);
    this.#silent = msToSamples(options.silentMs);
  }

  /** @throws ERR_INVALID_ARG */
  static async create(options: AnswerDetectorOptions = {}): Promise<AnswerDetector> {
    const { machineGreetingMs = 2000, pauseMs = 700, silentMs = 4000 } = options;
    const check = (name: string, value: number, least: number, most: number) => {
      if (!(value >= least && value <= most))
        throw invalidArgument(name, `from ${least} to ${most} ms`, value);
    };
    check('machineGreetingMs', machineGreetingMs, 500, 10_000);
    check('pauseMs', pauseMs, 200, 5000);
    check('silentMs', silentMs, 500, 30_000);
    const voice = await VoiceDetector.create({ onsetMs: ONSET_MS, hangoverMs: pauseMs });
    return new AnswerDetector(voice, { machineGreetingMs, pauseMs, silentMs });
  }

  /** Returns the verdict once. */
  push(samples: Int16Array): AnswerVerdict[] {
    for (const frame of this.#frames.push(samples)) {
      if (this.#decided) return [];
      const verdict = this.#take(frame);
      if (verdict) return [verdict];
    }
    return [];
  }

  flush(): AnswerVerdict[] {
    if (this.#decided) return [];
    const greeting = this.#speaking === undefined ? 0 : this.#heard - this.#speaking;
    return [this.#decide(this.#speaking === undefined ? 'silent' : 'human', greeting)];
  }

  [Symbol.dispose](): void {
    this.#voice[Symbol.dispose]();
  }

  #take(frame: Int16Array): AnswerVerdict | undefined {
    this.#heard += frame.length;
    for (const event of this.#voice.push(frame)) {
      if (event.type === 'end') return this.#decide('human', event.end - event.begin - this.#pause);
      this.#speaking = event.position;
    }
    if (this.#speaking === undefined) {
      return this.#heard >= this.#silent ? this.#decide('silent', 0) : undefined;
    }
    const greeting = this.#heard - this.#speaking;
    return greeting > this.#machine + this.#pause ? this.#decide('machine', greeting) : undefined;
  }

  #decide(answerer: Answerer, greeting: number): AnswerVerdict {
    this.#decided = true;
    return { answerer, greetingMs: greeting / msToSamples(1), atMs: this.#heard / msToSamples(1) };
  }
}
