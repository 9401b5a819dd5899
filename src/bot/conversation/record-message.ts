import { signal as abortSignal, checkOptions, flag, path, type Rules, within } from '../../base/check.js';
import { during } from '../../base/during.js';
import { JackfieldError } from '../../base/errors.js';
import { msToSamples, samplesToMs } from '../../base/pcm.js';
import { fired, waitFor } from '../../base/wait.js';
import { LedgerKeeper, type LegLedger, type SpanReason } from '../../stream/align/ledger.js';
import { type NamedStretch, StretchPlaces } from '../../stream/align/stretch-places.js';
import { VoiceDetector } from '../../voice/level/voice-detector.js';
import { concatSamples } from '../../voice/stage.js';
import { WavWriter } from '../../voice/wav/wav-writer.js';
import type { CallContext } from '../call-context.js';
import { KEYS } from './keys.js';
import { say } from './say.js';

export interface RecordOptions {
  /** Longest message, in milliseconds: 100 to 3,600,000. Default 60,000. */
  readonly maxMs?: number | undefined;
  /** Silence that ends the message, in milliseconds: 200 to 600,000. Default: silence does not end it. */
  readonly silenceMs?: number | undefined;
  /** Keys that end the message; they are removed from the queue of digits. Default `#`. */
  readonly terminators?: string | undefined;
  /** True to beep first: 400 ms of 1000 Hz. Default true. */
  readonly beep?: boolean | undefined;
  /**
   * WAV file that is written during the message and playable at every moment. Default: the message is kept in memory.
   */
  readonly file?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A message that the caller left. */
export interface Message {
  readonly durationMs: number;
  readonly ended: 'max' | 'silence' | 'digit' | 'hang-up';
  /** Samples of the message; empty when it was written to a file. */
  readonly samples: Int16Array;
  /** Account of the samples: received, or made up by the call's line in a gap. */
  readonly ledger: LegLedger;
  readonly file?: string;
}

const RULES: Rules<RecordOptions> = {
  maxMs: within(100, 3_600_000, 'ms'),
  silenceMs: within(200, 600_000, 'ms'),
  terminators: KEYS,
  beep: flag,
  file: path,
  signal: abortSignal,
};

const BEEP = { tone: 1000, ms: 400 } as const;
/** Time without speech after which a frame counts as silent, since words have gaps. */
const HANGOVER_MS = 100;

/**
 * Records what the caller says. A hang-up ends the message and does not throw: the message was left. The next wait on
 * the call throws.
 *
 * @throws ERR_TAKEN when another program takes the call's voice away; ERR_FILE, ERR_INVALID_ARG, ERR_ABORTED.
 */
export async function recordMessage(context: CallContext, options: RecordOptions = {}): Promise<Message> {
  const { maxMs, silenceMs, terminators, beep, file, signal } = resolved(options);
  context.ended.throwIfAborted();
  let take: MessageTake | undefined;
  const madeUp = context.madeUp?.((gap) => take?.conceal(gap));
  try {
    if (beep) await say(context, BEEP, { signal });
    const store = file === undefined ? undefined : await during(context.clock, WavWriter.create(file));
    take = new MessageTake(msToSamples(maxMs), silenceMs, store);
    const ended = await taken(context, take, { silenceMs, terminators, signal });
    if (madeUp) await during(context.clock, madeUp.caughtUp());
    const { samples, ledger } = take;
    const message = { durationMs: samplesToMs(take.length), ended, samples, ledger };
    return file === undefined ? message : { ...message, file };
  } finally {
    madeUp?.stop();
  }
}

/** Records until the message ends. */
async function taken(
  context: CallContext,
  take: MessageTake,
  {
    silenceMs,
    terminators,
    signal,
  }: Pick<ReturnType<typeof resolved>, 'silenceMs' | 'terminators' | 'signal'>,
): Promise<Message['ended']> {
  if (silenceMs !== undefined) take.detector = await during(context.clock, newDetector());
  let ended: Message['ended'];
  try {
    // The call's end does not end the wait: the last words arrive after the notification of the hang-up.
    ended = await waitFor<Message['ended']>({
      what: 'the end of a message',
      signal,
      begin(resolve) {
        const undo = [
          context.ear.listen((samples, position) => {
            const end = take.hear(samples, position);
            if (end) resolve(end);
          }),
          context.digits.watch((digit) => terminators.includes(digit) && resolve('digit')),
        ];
        void context.ear.ended.then(() => resolve('hang-up'));
        return () => {
          for (const stop of undo) stop();
        };
      },
    });
  } finally {
    take.detector?.[Symbol.dispose]();
    await during(context.clock, take.close());
  }
  if (ended === 'digit') context.digits.clear();
  // A stream that ended without a hang-up was taken by another program: no message was left.
  if (ended === 'hang-up') await throwIfTaken(context);
  return ended;
}

async function throwIfTaken({ ended }: CallContext): Promise<void> {
  await fired(ended);
  if (ended.reason instanceof JackfieldError && ended.reason.code === 'ERR_TAKEN') throw ended.reason;
}

/** Collects the samples of a message and detects its end. */
class MessageTake {
  detector: VoiceDetector | undefined;
  readonly #maxSamples: number;
  readonly #silence: number;
  readonly #store: WavWriter | undefined;
  readonly #parts: Int16Array[] = [];
  readonly #keeper = new LedgerKeeper();
  readonly #places = new StretchPlaces<SpanReason>();
  #writing: Promise<void> = Promise.resolve();
  #length = 0;
  #speaking = false;
  #lastSpeech = 0;

  constructor(maxSamples: number, silenceMs: number | undefined, store: WavWriter | undefined) {
    this.#maxSamples = maxSamples;
    this.#silence = silenceMs === undefined ? Number.POSITIVE_INFINITY : msToSamples(silenceMs);
    this.#store = store;
  }

  get length(): number {
    return this.#length;
  }

  get samples(): Int16Array {
    return concatSamples(this.#parts);
  }

  get ledger(): LegLedger {
    return this.#keeper.slice(0, this.#length);
  }

  /** Marks a stretch that the line made up. */
  conceal(gap: NamedStretch<SpanReason>): void {
    this.#name(this.#places.name(gap));
  }

  hear(heard: Int16Array, position: number): 'max' | 'silence' | undefined {
    const samples = heard.slice(0, this.#maxSamples - this.#length);
    this.#keeper.add('received', samples.length);
    this.#name(this.#places.placed(position, samples.length, this.#length - position));
    this.#length += samples.length;
    this.#keep(samples);
    for (const event of this.detector?.push(samples) ?? []) {
      this.#speaking = event.type === 'begin';
      if (event.type === 'end') this.#lastSpeech = event.speechEnd;
    }
    if (this.#length >= this.#maxSamples) return 'max';
    return !this.#speaking && this.#length - this.#lastSpeech >= this.#silence ? 'silence' : undefined;
  }

  /** @throws ERR_FILE when the file could not be written. */
  async close(): Promise<void> {
    try {
      await this.#writing;
    } finally {
      await this.#store?.close();
    }
  }

  #name(stretches: readonly NamedStretch<SpanReason>[]): void {
    for (const { from, samples, reason } of stretches) this.#keeper.conceal(from, samples, reason);
  }

  #keep(samples: Int16Array): void {
    const store = this.#store;
    if (!store) {
      this.#parts.push(samples);
      return;
    }
    this.#writing = this.#writing.then(() => store.write(samples));
    // The error is reported by close().
    this.#writing.catch(() => undefined);
  }
}

function newDetector(): Promise<VoiceDetector> {
  return VoiceDetector.create({ hangoverMs: HANGOVER_MS });
}

function resolved(options: RecordOptions) {
  checkOptions(options, RULES);
  const { maxMs = 60_000, silenceMs, terminators = '#', beep = true } = options;
  return { ...options, maxMs, silenceMs, terminators, beep };
}
