import { checkArgument, checkOptions, line, oneOf, type Rules } from '../../base/check.js';
import { during } from '../../base/during.js';
import { samplesToMs } from '../../base/pcm.js';
import { WAIT_RULES, waitFor } from '../../base/wait.js';
import type { Playback, PlaybackReport } from '../../stream/player.js';
import type { CallContext } from '../call-context.js';
import { SPEAKABLE, type Speakable, type SpokenPart, spokenParts } from '../prompt/speakable.js';
import { hearVoice } from './hear-voice.js';

/** Actions of the caller that cut a prompt. */
export type BargeIn = 'none' | 'digit' | 'voice' | 'any';

export interface SayOptions {
  /** Actions of the caller that cut the prompt, and everything queued with it. Default `none`. */
  readonly bargeIn?: BargeIn | undefined;
  /** Default: that of the call. */
  readonly language?: string | undefined;
  /** Time after which everything queued is cleared, in milliseconds on the call's clock. Default: no limit. */
  readonly timeoutMs?: number | undefined;
  /** Clears everything queued when it fires. */
  readonly signal?: AbortSignal | undefined;
}

/** The rule of a {@link BargeIn}. */
export const BARGE_IN = oneOf('none', 'digit', 'voice', 'any');

const RULES: Rules<SayOptions> = { ...WAIT_RULES, bargeIn: BARGE_IN, language: line(1, 100) };

/** Checks the arguments of {@link say}. @throws ERR_INVALID_ARG */
export function checkSaying(what: unknown, options: unknown): void {
  checkArgument('what', what, SPEAKABLE);
  checkOptions(options, RULES);
}

/** Position at which a prompt was cut, and the action that cut it. */
export interface Cut {
  readonly by: 'digit' | 'voice';
  /** The digit that cut it. It can still be gathered. */
  readonly digit?: string;
  /** The first words that were understood, when they cut it. */
  readonly words?: string;
  /** Index of the part that was being said. */
  readonly part: number;
  /** Length of that part that had been sent, in milliseconds. Up to 60 ms of it was not heard. */
  readonly partMs: number;
}

/** Report of a prompt. */
export interface SpeechReport {
  /** `cleared`: by {@link BotCall.clear}, or because another prompt was cut. */
  readonly outcome: 'played' | 'cut' | 'cleared';
  /** Length that was sent, in milliseconds. */
  readonly playedMs: number;
  readonly cut?: Cut;
}

/** Listens for something that cuts a prompt; returns a function that stops it. */
export type Cutter = (
  cut: (by: Pick<Cut, 'by' | 'digit' | 'words'>) => void,
  failed: (error: unknown) => void,
) => () => void;

/** Silence after a voice. Any value will do, since the prompt is cut before. */
const HANGOVER_MS = 300;

/** Queues a prompt; resolves when it was sent or cut. */
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

/** Says a prompt as {@link say} does, until a cutter cuts it. A cutter that cuts at once keeps it from being said. */
export async function sayUntil(
  context: CallContext,
  what: Speakable,
  { timeoutMs, signal, language }: Omit<SayOptions, 'bargeIn'>,
  cutters: readonly Cutter[],
): Promise<SpeechReport> {
  const parts = spokenParts(what);
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

/** Cuts a prompt at a digit that counts, also at the first digit that was typed ahead. */
export function byDigit(context: CallContext, counts: (digit: string) => boolean = () => true): Cutter {
  return (cut) => {
    const { next } = context.digits;
    if (next !== undefined && counts(next)) cut({ by: 'digit', digit: next });
    return context.digits.watch((digit) => counts(digit) && cut({ by: 'digit', digit }));
  };
}

/** Cuts a prompt at a voice. */
export function byVoice(context: CallContext): Cutter {
  return (cut, onError) =>
    hearVoice(context, HANGOVER_MS, {
      onError,
      onEvent: ({ type }) => type === 'begin' && cut({ by: 'voice' }),
    });
}

/** Renders the samples of a prompt, and records the position of each part. */
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
        // Tells a stream that waits for its next samples that they are not wanted.
        void source.return(undefined);
      }
    }
  }

  /** Stops rendering: nobody listens any more. */
  stop(): void {
    this.#over.abort();
  }

  /** Returns the part that contains the sample after `played`, and its offset there, in milliseconds. */
  placeOf(played: number): Pick<Cut, 'part' | 'partMs'> {
    const part = Math.max(
      0,
      this.#starts.findLastIndex((start) => start <= played),
    );
    return { part, partMs: samplesToMs(played - (this.#starts[part] ?? 0)) };
  }
}

/** True when the end of a part is not known. */
function isEndless(part: SpokenPart): boolean {
  return typeof part === 'object' && ('stream' in part || 'loop' in part);
}

/** True when a part may wait for the clock. Then the clock must not wait for the part. */
function isLive(part: SpokenPart): boolean {
  if (typeof part === 'string' || part instanceof Int16Array) return false;
  return 'stream' in part || ('loop' in part && spokenParts(part.loop).some(isLive));
}
