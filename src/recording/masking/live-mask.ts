import { msToSamples } from '../../base/pcm.js';
import { type CancelTimer, type Clock, sleep, systemClock } from '../../base/time/clock.js';
import type { AlignedSink } from '../../stream/align/aligned-output.js';
import type { RecordingMasking } from '../sidecar.js';
import { checkLiveMask, type LiveMaskOptions, MASK_DELAY_MS } from './live-mask-options.js';
import { LiveSecrets } from './live-secrets.js';
import { joinedMasks, type MaskSpan, maskWithin, silence } from './mask-spans.js';

/** An account of masking while a call goes on, in samples. */
export interface LiveMaskStats {
  /** Audio that is held in memory. */
  readonly held: number;
  /** Written as silence, whatever the rule. */
  readonly masked: number;
  /** Of these: not understood in time. */
  readonly undecided: number;
  /** Utterances that the transcriber did not understand. */
  readonly failures: number;
}

/** The recording that is masked. */
export interface MaskedSink extends AlignedSink {
  /** Told of a stretch before its samples come. */
  masking(span: MaskSpan): void;
  /** Told of a stretch when it has ended. */
  masked(span: MaskSpan): void;
  /** Told that more was heard; it may be held. */
  heard(): void | Promise<void>;
  /** Told of an utterance that the transcriber did not understand. */
  notUnderstood(error: Error): void;
}

/** The recording that a {@link LiveMask} is made for. */
export interface LiveMaskContext {
  /** Tells when samples come. Default: the machine's clock. */
  readonly clock?: Clock | undefined;
  /** Audio that comes at once when it begins, in ms. */
  readonly preRollMs?: number | undefined;
}

/** A stretch of the recording that is not written yet. */
interface Held {
  readonly samples: Int16Array;
  readonly position: number;
  readonly atMs: number;
}

/**
 * Holds what will not change any more for a while, and passes it on with silence where something is to be masked: what is
 * masked never comes to the disk. It fails closed: what is not understood when its time has come is masked.
 */
export class LiveMask implements AlignedSink {
  readonly #secrets: LiveSecrets;
  readonly #options: LiveMaskOptions;
  readonly #delayMs: number;
  readonly #most: number;
  readonly #clock: Clock;
  #sink: MaskedSink | undefined;
  readonly #held: Held[] = [];
  #heldSamples = 0;
  #cancelTimer: CancelTimer | undefined;
  #work: Promise<void> = Promise.resolve();
  /** The stretch that may go on. */
  #last: MaskSpan | undefined;
  readonly #masks: MaskSpan[] = [];
  readonly #counts = { masked: 0, undecided: 0, failures: 0 };

  private constructor(options: LiveMaskOptions, context: LiveMaskContext, secrets: LiveSecrets) {
    const { delayMs = MASK_DELAY_MS } = options;
    this.#options = options;
    this.#delayMs = delayMs;
    this.#most = msToSamples(2 * delayMs + (context.preRollMs ?? 0));
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

  /** Rules that are looked for, and the engine. */
  get masks(): Pick<RecordingMasking, 'looked' | 'transcriber'> {
    const { transcriber } = this.#options;
    return { looked: this.#secrets.looked, ...(transcriber && { transcriber: transcriber.name }) };
  }

  get stats(): LiveMaskStats {
    return { held: this.#heldSamples, ...this.#counts };
  }

  /** Passes on to `sink` what comes from now on. */
  to(sink: MaskedSink): this {
    this.#sink = sink;
    return this;
  }

  /** Takes a key that was told beside the voice. */
  pressed(digit: string, position: number): void {
    this.#secrets.pressed(digit, position);
  }

  /** The account of a file of the recording. */
  maskingOf(from: number, to: number): RecordingMasking {
    const spans = this.#masks.flatMap((mask) => maskWithin(mask, from, to) ?? []);
    const at = new Date(this.#clock.unixMs()).toISOString();
    return { at, ...this.masks, spans: joinedMasks(spans), live: true };
  }

  /** Does nothing: samples that may still change are not written. */
  write(): void {}

  final(samples: Int16Array, position: number): Promise<void> {
    this.#secrets.hear(samples, position);
    this.#held.push({ samples: samples.slice(), position, atMs: this.#clock.now() });
    this.#heldSamples += samples.length / 2;
    return this.#go(() => this.#releaseDue());
  }

  flushed(): void | Promise<void> {
    return this.#sink?.heard();
  }

  /** Passes on all that is left, once it is understood or its time has come. */
  async finish(): Promise<void> {
    const patience = new AbortController();
    // What an engine needs takes no time on a virtual clock, which stands still; the machine's bounds the wait.
    const late = sleep(systemClock, this.#delayMs, { signal: patience.signal }).catch(() => undefined);
    await Promise.race([this.#secrets.end(), late]).finally(() => patience.abort());
    await this.#go(() => this.#release(this.#held.length));
    this.#told(undefined);
    this.close();
  }

  /** Nothing more is passed on. */
  close(): void {
    this.#cancelTimer?.();
    this.#secrets.close();
  }

  failed(error: Error): void {
    this.#counts.failures++;
    this.#sink?.notUnderstood(error);
  }

  /** One after the other: what is passed on is in order. */
  #go(work: () => Promise<void>): Promise<void> {
    const done = this.#work.then(work);
    this.#work = done.catch(() => undefined);
    return done;
  }

  async #releaseDue(): Promise<void> {
    const now = this.#clock.now();
    let due = 0;
    let left = this.#heldSamples;
    for (const { samples, atMs } of this.#held) {
      if (atMs + this.#delayMs > now && left <= this.#most) break;
      left -= samples.length / 2;
      due++;
    }
    await this.#release(due);
    const [next] = this.#held;
    this.#cancelTimer?.();
    this.#cancelTimer =
      next &&
      this.#clock.timerAt(next.atMs + this.#delayMs, () =>
        this.#go(() => this.#releaseDue()).catch(() => undefined),
      );
  }

  async #release(count: number): Promise<void> {
    const pieces = this.#held.splice(0, count);
    const [first, last] = [pieces[0], pieces.at(-1)];
    if (!first || !last || !this.#sink) return;
    const end = last.position + last.samples.length / 2;
    const masks = this.#secrets.masks(first.position, end);
    for (const mask of masks) this.#mask(mask);
    for (const { samples, position } of pieces) {
      this.#heldSamples -= samples.length / 2;
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
    this.#masks.push(mask);
    this.#sink?.masking(mask);
    const [joined, other] = joinedMasks(this.#last ? [this.#last, mask] : [mask]);
    if (other) this.#told(other);
    else this.#last = joined;
  }

  /** Tells of the stretch that has ended; `next` begins. */
  #told(next: MaskSpan | undefined): void {
    if (this.#last) this.#sink?.masked(this.#last);
    this.#last = next;
  }
}
