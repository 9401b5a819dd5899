import { checkArgument, checkOptions, line, oneOf, type Rules } from '../../base/check.js';
import { during } from '../../base/during.js';
import { samplesToMs } from '../../base/pcm.js';
import { WAIT_RULES, waitFor } from '../../base/wait.js';
import type { Playback, PlaybackReport } from '../../stream/player.js';
import type { CallContext } from '../call-context.js';
import { partsOf, SPEAKABLE, type Speakable, type SpokenPart } from '../prompt/speakable.js';
import { hearVoice } from './hear-voice.js';

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
  /** The first words that were understood, where they cut it. */
  readonly words?: string;
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

/** Something that can cut a prompt: begins to listen, and returns what stops that. */
export type Cutter = (
  cut: (by: Pick<Cut, 'by' | 'digit' | 'words'>) => void,
  failed: (error: unknown) => void,
) => () => void;

/** Any length of silence after it: the prompt has been cut by then. */
const HANGOVER_MS = 300;

/** Queues something to be said; resolves when it has left or was cut. */
export async function say(
  context: CallContext,
  what: Speakable,
  options: SayOptions = {},
): Promise<SpeechReport> {
  const { bargeIn = 'none', ...rest } = options;
  const cutters: Cutter[] = [];
  if (bargeIn === 'digit' || bargeIn === 'any') cutters.push(byDigit(context));
  if (bargeIn === 'voice' || bargeIn === 'any') cutters.push(byVoice(context));
  return await sayUntil(context, what, rest, cutters);
}

/** Does as {@link say} does, until something cuts it; what does so at once keeps it from being said. */
export async function sayUntil(
  context: CallContext,
  what: Speakable,
  { timeoutMs, signal, language }: Omit<SayOptions, 'bargeIn'>,
  cutters: readonly Cutter[],
): Promise<SpeechReport> {
  const parts = partsOf(what);
  const script = new SpeechScript(context, parts, language ?? context.language(), signal);
  let cut: Pick<Cut, 'by' | 'digit' | 'words'> | undefined;
  const report = await waitFor<PlaybackReport | undefined>({
    what: 'the end of a prompt',
    ended: context.ended,
    signal,
    begin(resolve, reject) {
      const undo: (() => void)[] = [];
      let playback: Playback | undefined;
      const clear = () => void (playback ? context.player.clear() : resolve(undefined));
      for (const cutter of cutters) {
        const stop = cutter((by) => {
          cut ??= by;
          clear();
        }, reject);
        undo.push(stop);
      }
      if (!cut) {
        playback = context.player.play(script.samples());
        if (!parts.some(isEndless)) context.spoken.add(playback);
        playback.finished.then(resolve, reject);
        if (timeoutMs !== undefined) undo.push(context.clock.timerAt(context.clock.now() + timeoutMs, clear));
      }
      return () => {
        for (const stop of undo) stop();
      };
    },
  })
    .catch((error: unknown) => {
      void context.player.clear();
      throw error;
    })
    .finally(() => script.stop());
  if (report?.error) throw report.error;
  const played = report?.played ?? 0;
  const playedMs = samplesToMs(played);
  if (report?.outcome === 'played') return { outcome: 'played', playedMs };
  if (!cut) return { outcome: 'cleared', playedMs };
  return { outcome: 'cut', playedMs, cut: { ...cut, ...script.placeOf(played) } };
}

/** Digits that count cut a prompt, the first one that was typed ahead too. */
export function byDigit(context: CallContext, counts: (digit: string) => boolean = () => true): Cutter {
  return (cut) => {
    const { next } = context.digits;
    if (next !== undefined && counts(next)) cut({ by: 'digit', digit: next });
    return context.digits.watch((digit) => counts(digit) && cut({ by: 'digit', digit }));
  };
}

/** A voice cuts a prompt. */
export function byVoice(context: CallContext): Cutter {
  return (cut, onError) =>
    hearVoice(context, HANGOVER_MS, {
      onError,
      onEvent: ({ type }) => type === 'begin' && cut({ by: 'voice' }),
    });
}

/** The samples of what is said, and where each part of it lies in them. */
class SpeechScript {
  readonly #context: CallContext;
  readonly #parts: readonly SpokenPart[];
  readonly #language: string;
  readonly #signal: AbortSignal | undefined;
  readonly #starts: number[] = [];
  readonly #over = new AbortController();
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
      const options = { language: this.#language, signal: this.#signal, unheard: this.#over.signal };
      const source = prompts.render(part, options);
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
        const isWanted = ![this.#signal, this.#over.signal, this.#context.ended].some(
          (each) => each?.aborted,
        );
        if (isWanted) this.#context.unsaid?.(error);
        throw error;
      } finally {
        // A stream that waits for its next samples is told that they are not wanted.
        void source.return(undefined);
      }
    }
  }

  /** It has no listener any more. */
  stop(): void {
    this.#over.abort();
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

/** True when its end is not known. */
function isEndless(part: SpokenPart): boolean {
  return typeof part === 'object' && ('stream' in part || 'loop' in part);
}

/** True when it may wait for the clock, which therefore must not wait for it. */
function isLive(part: SpokenPart): boolean {
  if (typeof part === 'string' || part instanceof Int16Array) return false;
  return 'stream' in part || ('loop' in part && partsOf(part.loop).some(isLive));
}
