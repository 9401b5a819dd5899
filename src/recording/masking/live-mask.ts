import { msToSamples } from '../../base/pcm.js';
import { type CancelTimer, type Clock, sleep, systemClock } from '../../base/time/clock.js';
import type { AlignedSink } from '../../stream/align/aligned-output.js';
import type { LedgerSpan } from '../../stream/align/ledger.js';
import type { RecordingMasking } from '../sidecar.js';
import { checkLiveMask, type LiveMaskOptions, MASK_DELAY_MS } from './live-mask-options.js';
import { LiveSecrets } from './live-secrets.js';
import { joinedMasks, type MaskSpan, maskWithin, silence } from './mask-spans.js';
import { MEMORY } from './utterances.js';

/** Statistics of live masking, in samples. */
export interface LiveMaskStats {
  /** Audio held in memory. */
  readonly held: number;
  /** Audio written as silence, by any rule. */
  readonly masked: number;
  /** Part of `masked` that was not transcribed in time. */
  readonly undecided: number;
  /** Number of utterances on which the transcriber failed. */
  readonly failures: number;
}

/** The recording that receives the masked audio. */
export interface MaskedSink extends AlignedSink {
  /** Returns the stretches of the ledger of each leg that reach beyond a position. */
  ledgersSince(position: number): readonly (readonly LedgerSpan[])[];
  /** Called with a masked stretch before its samples. */
  masking(span: MaskSpan): void;
  /** Called with a masked stretch after its end. */
  masked(span: MaskSpan): void;
  /** Called when more audio has arrived. It may still be held. */
  heard(): void | Promise<void>;
  /** Called when the transcriber fails on an utterance. */
  notUnderstood(error: Error): void;
}

/** Context of a {@link LiveMask}. */
export interface LiveMaskContext {
  /** Clock that times the samples. Default: the machine's clock. */
  readonly clock?: Clock | undefined;
  /** Audio that arrives at once at the start of the recording, in ms. */
  readonly preRollMs?: number | undefined;
}

/** A stretch of the recording that is not written yet, with its time of arrival. */
interface HeldPiece {
  readonly samples: Int16Array;
  readonly position: number;
  readonly atMs: number;
}

/** The audio that is not written yet, in order. */
class HeldAudio {
  readonly #delayMs: number;
  readonly #most: number;
  readonly #pieces: HeldPiece[] = [];
  /** Samples of each leg. */
  samples = 0;

  /** @param most Samples of each leg above which audio is due before its time. */
  constructor(delayMs: number, most: number) {
    this.#delayMs = delayMs;
    this.#most = most;
  }

  get pieces(): readonly HeldPiece[] {
    return this.#pieces;
  }

  push(samples: Int16Array, position: number, atMs: number): void {
    this.#pieces.push({ samples, position, atMs });
    this.samples += samples.length / 2;
  }

  /** Returns the number of pieces whose time has passed. */
  dueAt(now: number): number {
    let due = 0;
    let left = this.samples;
    for (const { samples, atMs } of this.#pieces) {
      if (atMs + this.#delayMs > now && left <= this.#most) break;
      left -= samples.length / 2;
      due++;
    }
    return due;
  }

  /** Takes the first pieces out. */
  take(count: number): HeldPiece[] {
    const pieces = this.#pieces.splice(0, count);
    for (const { samples } of pieces) this.samples -= samples.length / 2;
    return pieces;
  }
}

/**
 * Delays final samples, and passes them on with masked stretches replaced by silence. Masked audio is never written to
 * disk. It fails closed: speech that is not transcribed in time is masked.
 */
export class LiveMask implements AlignedSink {
  readonly #secrets: LiveSecrets;
  readonly #options: LiveMaskOptions;
  readonly #delayMs: number;
  readonly #clock: Clock;
  #sink: MaskedSink | undefined;
  readonly #held: HeldAudio;
  #cancelTimer: CancelTimer | undefined;
  #work: Promise<void> = Promise.resolve();
  /** The masked stretches so far. The last one may continue. */
  readonly #masks: MaskSpan[] = [];
  readonly #counts = { masked: 0, undecided: 0, failures: 0 };

  private constructor(options: LiveMaskOptions, context: LiveMaskContext, secrets: LiveSecrets) {
    const { delayMs = MASK_DELAY_MS } = options;
    this.#options = options;
    this.#delayMs = delayMs;
    this.#held = new HeldAudio(delayMs, msToSamples(2 * delayMs + (context.preRollMs ?? 0)));
    this.#clock = context.clock ?? systemClock;
    this.#secrets = secrets;
  }

  static async open(options: LiveMaskOptions, context: LiveMaskContext): Promise<LiveMask> {
    checkLiveMask(options);
    let mask: LiveMask | undefined;
    const secrets = await LiveSecrets.open(options, (error) => mask?.failed(error));
    mask = new LiveMask(options, context, secrets);
    return mask;
  }

  /** The active rules and the engine. */
  get masks(): Pick<RecordingMasking, 'looked' | 'transcriber'> {
    const { transcriber } = this.#options;
    return { looked: this.#secrets.looked, ...(transcriber && { transcriber: transcriber.name }) };
  }

  get stats(): LiveMaskStats {
    return { held: this.#held.samples, ...this.#counts };
  }

  /** Passes audio on to `sink` from now on. */
  to(sink: MaskedSink): this {
    this.#sink = sink;
    return this;
  }

  /** Takes a key that was signalled outside the audio. */
  pressed(digit: string, position: number): void {
    this.#secrets.pressed(digit, position);
  }

  /** The masking entry for the sidecar of one file. */
  maskingOf(from: number, to: number): RecordingMasking {
    const spans = this.#masks.flatMap((mask) => maskWithin(mask, from, to) ?? []);
    const at = new Date(this.#clock.unixMs()).toISOString();
    return { at, ...this.masks, spans, live: true };
  }

  /** Does nothing: samples that may still change are not passed on. */
  write(): void {}

  final(samples: Int16Array, position: number): Promise<void> {
    this.#secrets.hear(samples, position);
    this.#held.push(samples.slice(), position, this.#clock.now());
    return this.#go(() => this.#releaseDue());
  }

  flushed(): void | Promise<void> {
    return this.#sink?.heard();
  }

  /** Passes on the remaining audio when it is transcribed or its time has passed. */
  async finish(): Promise<void> {
    const patience = new AbortController();
    // A virtual clock stands still while the engine works, so the machine's clock limits the wait.
    const late = sleep(systemClock, this.#delayMs, { signal: patience.signal }).catch(() => undefined);
    await Promise.race([this.#secrets.end(), late]).finally(() => patience.abort());
    await this.#go(() => this.#release(this.#held.pieces.length));
    const last = this.#masks.at(-1);
    if (last) this.#sink?.masked(last);
    this.close();
  }

  /** Stops: no more audio is passed on. */
  close(): void {
    this.#cancelTimer?.();
    this.#secrets.close();
  }

  failed(error: Error): void {
    this.#counts.failures++;
    this.#sink?.notUnderstood(error);
  }

  /** Runs tasks one by one, so that audio is passed on in order. */
  #go(work: () => Promise<void>): Promise<void> {
    const done = this.#work.then(work);
    this.#work = done.catch(() => undefined);
    return done;
  }

  async #releaseDue(): Promise<void> {
    await this.#release(this.#held.dueAt(this.#clock.now()));
    const [next] = this.#held.pieces;
    this.#cancelTimer?.();
    this.#cancelTimer =
      next &&
      this.#clock.timerAt(next.atMs + this.#delayMs, () =>
        this.#go(() => this.#releaseDue()).catch(() => undefined),
      );
  }

  async #release(count: number): Promise<void> {
    const pieces = this.#held.take(count);
    const [first, last] = [pieces[0], pieces.at(-1)];
    if (!first || !last || !this.#sink) return;
    const end = last.position + last.samples.length / 2;
    this.#secrets.account(this.#sink.ledgersSince(first.position - MEMORY));
    const masks = this.#secrets.masks(first.position, end);
    for (const mask of masks) this.#mask(mask);
    for (const { samples, position } of pieces) {
      silence(samples, position, masks);
      const to = position + samples.length / 2;
      await this.#sink.write(samples, position);
      await this.#sink.flushed?.(to, { local: to, remote: to });
      await this.#sink.final(samples, position);
    }
  }

  #mask(mask: MaskSpan): void {
    this.#counts.masked += mask.samples;
    if (mask.rule === 'undecided') this.#counts.undecided += mask.samples;
    this.#sink?.masking(mask);
    const last = this.#masks.at(-1);
    const joined = joinedMasks(last ? [last, mask] : [mask]);
    if (last && joined.length > 1) this.#sink?.masked(last);
    this.#masks.splice(-1, 1, ...joined);
  }
}
