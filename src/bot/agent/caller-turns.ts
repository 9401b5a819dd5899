import { during } from '../../base/during.js';
import { asError } from '../../base/errors.js';
import { msToSamples } from '../../base/pcm.js';
import type { Clock } from '../../base/time/clock.js';
import type { CallVoice } from '../../call/call-voice.js';
import type { SynchronousSink } from '../../stream/sink.js';
import { FrameCutter } from '../../voice/frame-cutter.js';
import { VoiceDetector } from '../../voice/level/voice-detector.js';
import { EchoGuard } from '../conversation/echo-guard.js';

/** Receives the caller's turns to speak. */
export interface TurnListener {
  /** A sound begins that may be speech. Playing pauses until that is decided. */
  suspected(): void;
  /** The sound was not speech. */
  dismissed(): void;
  began(): void;
  ended(): void;
  failed(error: Error): void;
}

const FRAME_MS = 20;
const FRAME = msToSamples(FRAME_MS);
/** Frames of sound that count as speech. Fewer frames are a suspicion only. */
const SURE_FRAMES = 3;
/** Ratio to the loudest frame below which a frame does not count, since the detector stays on after a click. */
const SOFT = 0.1;
/** Silence that ends a turn, and silence that ends a suspicion. */
const TURN_PAUSE_MS = 500;
const DOUBT_MS = 60;
/** Samples at the beginning of a call in which sound does not count yet, since it may be noise of the line. */
const START = msToSamples(400);

/**
 * Runs two detectors on one voice: a quick one for the beginning of a turn, and one with a long hangover for its end.
 */
class TurnDetector implements Disposable {
  readonly #quick: VoiceDetector;
  readonly #lasting: VoiceDetector;
  readonly #listener: TurnListener;
  readonly #frames = new FrameCutter(FRAME);
  #isSound = false;
  #isLasting = false;
  #peak = 0;
  #loudFrames = 0;
  #state: 'quiet' | 'suspected' | 'speaking' = 'quiet';

  constructor(quick: VoiceDetector, lasting: VoiceDetector, listener: TurnListener) {
    this.#quick = quick;
    this.#lasting = lasting;
    this.#listener = listener;
  }

  static async create(listener: TurnListener): Promise<TurnDetector> {
    const shared = { onsetMs: FRAME_MS, warmUpMs: 0 };
    const quick = await VoiceDetector.create({ ...shared, hangoverMs: DOUBT_MS });
    const lasting = await VoiceDetector.create({ ...shared, hangoverMs: TURN_PAUSE_MS });
    return new TurnDetector(quick, lasting, listener);
  }

  push(samples: Int16Array, position: number): void {
    for (const frame of this.#frames.push(samples)) {
      for (const { type } of this.#quick.push(frame)) this.#isSound = type === 'begin';
      for (const { type } of this.#lasting.push(frame)) this.#isLasting = type === 'begin';
      this.#measure(frame);
      if (position >= START) this.#look();
    }
  }

  [Symbol.dispose](): void {
    this.#quick[Symbol.dispose]();
    this.#lasting[Symbol.dispose]();
  }

  #measure(frame: Int16Array): void {
    if (!this.#isLasting) {
      this.#peak = 0;
      this.#loudFrames = 0;
      return;
    }
    const level = Math.hypot(...frame);
    this.#peak = Math.max(this.#peak, level);
    if (this.#isSound && level >= this.#peak * SOFT) this.#loudFrames++;
  }

  #look(): void {
    const before = this.#state;
    const isSpeech = this.#isLasting && this.#loudFrames >= SURE_FRAMES;
    this.#state = isSpeech ? 'speaking' : this.#isSound ? 'suspected' : 'quiet';
    if (this.#state === before) return;
    if (before === 'speaking') this.#listener.ended();
    else if (this.#state === 'speaking') this.#listener.began();
    else if (this.#state === 'suspected') this.#listener.suspected();
    else this.#listener.dismissed();
  }
}

/**
 * Listens for the caller's turns in a call; returns a function that stops it. With `isGuarded`, the echo of the played
 * audio is not taken for a turn.
 */
export function listenForTurns(
  voice: CallVoice,
  { clock, isGuarded }: { readonly clock: Clock; readonly isGuarded: boolean },
  listener: TurnListener,
): () => void {
  const undo: (() => void)[] = [];
  let isOver = false;
  const stop = () => {
    isOver = true;
    for (const each of undo.splice(0)) each();
  };
  const begin = (detector: TurnDetector) => {
    if (isOver) return detector[Symbol.dispose]();
    const guard = isGuarded ? new EchoGuard() : undefined;
    const hear = (samples: Int16Array, position: number) => {
      for (const part of guard?.clean(samples, position) ?? [samples])
        if (!isOver) detector.push(part, position);
    };
    const { inputStart, input, remote } = voice;
    const options = { policy: 'drop-oldest', name: 'turns' } as const;
    const taps = [
      remote.addSink(
        sinkOf(hear, () => detector[Symbol.dispose]()),
        options,
      ),
    ];
    const sent = sinkOf((samples, position) => guard?.play(samples, inputStart + position));
    if (guard && input) taps.push(input.addSentTap(sent, options));
    for (const tap of taps) {
      tap.done.catch(() => undefined);
      undo.push(() => void tap.remove().catch(() => undefined));
    }
  };
  during(clock, TurnDetector.create(listener)).then(begin, (error: unknown) =>
    listener.failed(asError(error)),
  );
  return stop;
}

function sinkOf(write: SynchronousSink['write'], end: () => void = () => undefined): SynchronousSink {
  return { synchronous: true, write, end };
}
