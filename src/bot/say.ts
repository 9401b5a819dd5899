import { checkArgument, checkOptions, line, oneOf, type Rules } from '../base/check.js';
import { samplesToMs } from '../base/pcm.js';
import { WAIT_RULES, waitFor } from '../base/wait.js';
import type { PlaybackReport } from '../stream/player.js';
import { VoiceDetector } from '../voice/level/voice-detector.js';
import type { CallContext } from './call-context.js';
import { during } from './during.js';
import { EchoGuard } from './echo-guard.js';
import { partsOf, SPEAKABLE, type Speakable, type SpokenPart } from './prompt/speakable.js';

/** Actions of the caller that cut a prompt. */
export type BargeIn = 'none' | 'digit' | 'voice' | 'any';

export interface SayOptions {
  /** Actions of the caller that cut it, and all that is queued with it. Default `none`. */
  readonly bargeIn?: BargeIn | undefined;
  /** Default: that of the call. */
  readonly language?: string | undefined;
  /** Clears all that is queued once this has passed, in milliseconds on the call's clock. Default: it is said whole. */
  readonly timeoutMs?: number | undefined;
  /** Clears all that is queued. */
  readonly signal?: AbortSignal | undefined;
}

/** The rule of a {@link BargeIn}. */
export const BARGE_IN = oneOf('none', 'digit', 'voice', 'any');

const RULES: Rules<SayOptions> = { ...WAIT_RULES, bargeIn: BARGE_IN, language: line(1, 100) };

/** Checks what is to be said, and how. @throws ERR_INVALID_ARG */
export function checkSaying(what: unknown, options: unknown): void {
  checkArgument('what', what, SPEAKABLE);
  checkOptions(options, RULES);
}

/** Place at which a prompt was cut, and the action that cut it. */
export interface Cut {
  readonly by: 'digit' | 'voice';
  /** The digit that cut it; it is still there to be gathered. */
  readonly digit?: string;
  /** Index of the part that was being said. */
  readonly part: number;
  /** Length of that part that had been sent, in milliseconds. Up to 60 ms of it was not heard yet. */
  readonly partMs: number;
}

/** Outcome of something that was said. */
export interface SpeechReport {
  /** `cleared`: by {@link BotCall.clear}, or with something else that was cut. */
  readonly outcome: 'played' | 'cut' | 'cleared';
  /** Length that was sent, in milliseconds. */
  readonly playedMs: number;
  readonly cut?: Cut;
}

/** Speech of this length cuts a prompt; a cough does not. */
const BARGE_IN_ONSET_MS = 200;

/** Queues something to be said; resolves when it has left or was cut. */
export async function say(
  context: CallContext,
  what: Speakable,
  options: SayOptions = {},
): Promise<SpeechReport> {
  const { bargeIn = 'none', timeoutMs, signal, language } = options;
  const script = new SpeechScript(context, partsOf(what), language ?? context.language(), signal);
  const byDigit = bargeIn === 'digit' || bargeIn === 'any';
  const { next } = context.digits;
  if (byDigit && next !== undefined) {
    return { outcome: 'cut', playedMs: 0, cut: { by: 'digit', digit: next, part: 0, partMs: 0 } };
  }
  let cut: Pick<Cut, 'by' | 'digit'> | undefined;
  const cutBy = (by: Pick<Cut, 'by' | 'digit'>) => {
    cut ??= by;
    void context.player.clear();
  };
  const report = await waitFor<PlaybackReport>({
    what: 'the end of a prompt',
    ended: context.ended,
    signal,
    begin(resolve, reject) {
      const playback = context.player.play(script.samples());
      playback.finished.then(resolve, reject);
      const undo: (() => void)[] = [];
      const clear = () => void context.player.clear();
      if (timeoutMs !== undefined) undo.push(context.clock.timerAt(context.clock.now() + timeoutMs, clear));
      if (byDigit) undo.push(context.digits.watch((digit) => cutBy({ by: 'digit', digit })));
      if (bargeIn === 'voice' || bargeIn === 'any')
        undo.push(onVoice(context, () => cutBy({ by: 'voice' }), reject));
      return () => {
        for (const stop of undo) stop();
      };
    },
  }).catch((error: unknown) => {
    void context.player.clear();
    throw error;
  });
  if (report.error) throw report.error;
  const { played } = report;
  const playedMs = samplesToMs(played);
  if (report.outcome === 'played') return { outcome: 'played', playedMs };
  if (!cut) return { outcome: 'cleared', playedMs };
  return { outcome: 'cut', playedMs, cut: { ...cut, ...script.placeOf(played) } };
}

/** Calls `heard` when the caller begins to speak; returns what stops that. */
function onVoice(context: CallContext, heard: () => void, failed: (error: unknown) => void): () => void {
  const undo: (() => void)[] = [];
  let stopped = false;
  const stop = () => {
    stopped = true;
    for (const each of undo.splice(0)) each();
  };
  const listen = (detector: VoiceDetector) => {
    undo.push(() => detector[Symbol.dispose]());
    if (stopped) return stop();
    const guard = context.onSent && new EchoGuard();
    if (guard && context.onSent)
      undo.push(context.onSent((samples, position) => guard.play(samples, position)));
    undo.push(
      context.ear.listen((samples, position) => {
        for (const part of guard?.clean(samples, position) ?? [samples]) {
          if (detector.push(part).some(({ type }) => type === 'begin')) heard();
        }
      }),
    );
  };
  during(context.clock, VoiceDetector.create({ onsetMs: BARGE_IN_ONSET_MS }))
    .then(listen)
    .catch((error: unknown) => {
      stop();
      failed(error);
    });
  return stop;
}

/** The samples of what is said, and where each part of it lies in them. */
class SpeechScript {
  readonly #context: CallContext;
  readonly #parts: readonly SpokenPart[];
  readonly #language: string;
  readonly #signal: AbortSignal | undefined;
  readonly #starts: number[] = [];
  #rendered = 0;

  constructor(
    context: CallContext,
    parts: readonly SpokenPart[],
    language: string,
    signal: AbortSignal | undefined,
  ) {
    this.#context = context;
    this.#parts = parts;
    this.#language = language;
    this.#signal = signal;
  }

  async *samples(): AsyncGenerator<Int16Array> {
    const { clock, prompts } = this.#context;
    for (const part of this.#parts) {
      this.#starts.push(this.#rendered);
      const source = prompts.render(part, { language: this.#language, signal: this.#signal });
      const live = isLive(part);
      try {
        for (;;) {
          const next = source.next();
          const { done, value } = await (live ? next : during(clock, next));
          if (done) break;
          this.#rendered += value.length;
          yield value;
        }
      } catch (error) {
        if (!this.#signal?.aborted && !this.#context.ended.aborted) this.#context.unsaid?.(error);
        throw error;
      } finally {
        // A stream that waits for its next samples is told that nobody wants them.
        void source.return(undefined);
      }
    }
  }

  /** In which part the sample lies after `played`, and how far into it, in milliseconds. */
  placeOf(played: number): Pick<Cut, 'part' | 'partMs'> {
    const part = Math.max(
      0,
      this.#starts.findLastIndex((start) => start <= played),
    );
    return { part, partMs: samplesToMs(played - (this.#starts[part] ?? 0)) };
  }
}

/** True when it may wait for the clock, which therefore must not wait for it. */
function isLive(part: SpokenPart): boolean {
  if (typeof part === 'string' || part instanceof Int16Array) return false;
  return 'stream' in part || ('loop' in part && partsOf(part.loop).some(isLive));
}
