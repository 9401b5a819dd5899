import {
  callback,
  checkArgument,
  checkOptions,
  flag,
  having,
  number,
  object,
  type Rules,
  whole,
  within,
} from '../../base/check.js';
import { msToSamples, type PcmSink } from '../../base/pcm.js';
import { type CancelTimer, type Clock, systemClock } from '../../base/time/clock.js';
import { LagLimit } from '../timing/lag-limit.js';
import type { LegClock } from '../timing/leg-clock.js';
import { legClocks } from '../timing/leg-clocks.js';
import { AlignedLeg } from './aligned-leg.js';
import { AlignedOutput, type AlignedSink } from './aligned-output.js';
import type { GapName, LedgerSpan, LegEnds, LegName, SpanReason, StreamGap } from './ledger.js';
import { MaskList } from './mask-list.js';
import { Speeches } from './speech.js';
import { SpokenOver } from './spoken-over.js';
import type { NamedStretch } from './stretch-places.js';
import { WriteRounds } from './write-rounds.js';

/** Options of {@link LegAligner}. */
export interface LegAlignerOptions {
  /**
   * Time for which the place of a leg's samples stays open once the other leg has passed it, in milliseconds: 100 to
   * 60000. Samples that come later are counted as late and left out. A leg that keeps pace is never late. Default 5000.
   */
  readonly maxSkewMs?: number;
  /**
   * True to measure the drift of the local leg's clock against the remote leg's, and to remove it. A leg that is paced
   * by the other one, or that drifts less than 5 ms in all, is never changed. Default true.
   */
  readonly correctDrift?: boolean;
}

/** The rules of {@link LegAlignerOptions}. */
export const ALIGNER_RULES: Rules<LegAlignerOptions> = {
  maxSkewMs: within(100, 60_000, 'ms'),
  correctDrift: flag,
};
const SINK = having('write', 'final');

/** Facts and callbacks of the call that a {@link LegAligner} uses. */
export interface AlignerContext {
  /** Clock that gives samples their time of arrival. Default: the machine's clock. */
  readonly clock?: Clock;
  /**
   * True when the remote leg paces the local one, sample by sample. The local leg then stands still when the remote one
   * does, and cannot drift. Default false.
   */
  readonly localFollows?: boolean;
  /**
   * Total time for which this process was too busy to read samples, in ms. Lateness in that time says nothing about the
   * stream. Default: measured on the event loop with the machine's clock; 0 with another clock.
   */
  busyMs?(): number;
  /** Name for a stretch in which a leg has no samples, as of now. Default: missing. */
  gapName?(leg: LegName, begun: boolean): GapName;
  /**
   * Names what a leg's stream has left out between two of its positions. Default: samples that were dropped on the way.
   */
  holes?(leg: LegName, from: number, to: number): readonly StreamGap[];
  onSpan?(leg: LegName, span: LedgerSpan): void;
  /** Called for each stretch of the time line that a leg's line concealed. */
  onConcealed?(leg: LegName, stretch: NamedStretch<SpanReason>): void;
  /** Called for each stretch of the time line in which another program's speech ({@link LegAligner.speak}) is lost. */
  onLost?(leg: LegName, stretch: NamedStretch<SpanReason>): void;
}

/** Longest time by which a batched reader reads the second leg of a call after the first, in samples. */
const READER_LAG = msToSamples(300);
/** Time for which audio from before the resumption may still be on its way. */
const RESUME_MARGIN = msToSamples(300);

/**
 * Puts two mono legs on one sample clock: simultaneous audio lies in the same stereo sample, however the chunks arrive.
 * Samples are written at once, so that little is lost when the process is killed. While a leg lags, its channel is
 * silent; it is filled in when the leg comes.
 */
export class LegAligner {
  /** Takes the local leg. */
  readonly local: PcmSink;
  /** Takes the remote leg. */
  readonly remote: PcmSink;
  /** @internal */
  readonly legs: Readonly<Record<LegName, AlignedLeg>>;
  readonly #clock: Clock;
  readonly #context: AlignerContext;
  readonly #masks = new MaskList();
  readonly #clocks: Readonly<Record<LegName, LegClock>>;
  readonly #rounds: WriteRounds;
  readonly #output: AlignedOutput;
  readonly #speeches: Speeches;
  readonly #lags: Readonly<Record<LegName, LagLimit>>;
  #cancelDecision: CancelTimer | undefined;
  #finished = false;
  #localFollows: boolean;
  /** True when no leg is judged by its timing. */
  #isPlaced = false;

  /** @throws ERR_INVALID_ARG for a skew out of range. */
  constructor(sink: AlignedSink, options: LegAlignerOptions = {}, context: AlignerContext = {}) {
    checkArgument('context', context, object);
    checkArgument('sink', sink, SINK);
    checkOptions(options, ALIGNER_RULES);
    const { maxSkewMs = 5000, correctDrift = true } = options;
    const maxSkew = msToSamples(maxSkewMs);
    this.#output = new AlignedOutput(sink, new SpokenOver(this.#masks, maxSkew));
    this.#lags = { local: new LagLimit(maxSkew), remote: new LagLimit(maxSkew) };
    this.#context = context;
    this.#clock = context.clock ?? systemClock;
    this.#rounds = new WriteRounds(this.#clock, context.busyMs);
    this.#localFollows = context.localFollows ?? false;
    this.#clocks = legClocks({
      busyMs: () => this.#rounds.busyMs,
      stretcher: correctDrift ? () => this.legs.local.stretcher : undefined,
    });
    this.legs = { local: this.#newLeg('local'), remote: this.#newLeg('remote') };
    this.#speeches = new Speeches({
      output: this.#output,
      ...this.legs,
      onLost: (stretch) => context.onLost?.('local', stretch),
    });
    this.local = this.#legSink('local');
    this.remote = this.#legSink('remote');
  }

  /** True when the local leg is paced by the remote one. */
  get localFollows(): boolean {
    return this.#localFollows;
  }

  /**
   * Declares that the remote leg paces the local one ({@link AlignerContext.localFollows}). To be called before samples
   * of the local leg come.
   */
  follow(): void {
    this.#localFollows = true;
  }

  /**
   * Places both legs by their positions alone, whenever they come: their streams know what was lost, and show it by
   * their positions. To be called before samples come.
   */
  byPosition(): void {
    this.#isPlaced = true;
  }

  /** Length of the recording, in samples per channel: the end of the longer leg. */
  get end(): number {
    return Math.max(this.legs.local.end, this.legs.remote.end);
  }

  get #placedEnd(): number {
    return this.legs.local.end + this.legs.remote.end;
  }

  /**
   * Position that both legs have reached, and what other programs say. What lags more than a batched reader does is
   * ignored.
   */
  get commonEnd(): number {
    const longer = Math.max(this.legs.local.reach, this.legs.remote.reach);
    const reaches = [this.legs.local.reach, this.legs.remote.reach, ...this.#speeches.reaches];
    return Math.min(...reaches.filter((reach) => longer - reach <= READER_LAG));
  }

  /** Position up to which nothing changes any more. */
  get finalEnd(): number {
    return this.#output.finalEnd;
  }

  /** Position of the call at `nowMs` by the remote leg's timing; undefined when that does not tell. */
  expectedEnd(nowMs: number): number | undefined {
    checkArgument('nowMs', nowMs, number);
    return this.#clocks.remote.expectedEnd(nowMs);
  }

  /**
   * Does the same as {@link expectedEnd}, but returns undefined when this process was too busy to read what may have
   * come.
   */
  silentEnd(nowMs: number): number | undefined {
    checkArgument('nowMs', nowMs, number);
    return this.#clocks.remote.silentEnd(nowMs);
  }

  get masking(): boolean {
    return this.#masks.masking;
  }

  /** Masks everything that comes from now on. Returns the position where the mask begins. */
  mask(): number {
    const from = this.end;
    this.#masks.begin(from);
    return from;
  }

  /**
   * Ends the mask 300 ms after what has come: samples that come before that may be older than this call. Returns the
   * position where the mask ends.
   */
  unmask(): number {
    const to = Math.max(this.end, this.expectedEnd(this.#clock.now()) ?? 0) + RESUME_MARGIN;
    this.#masks.end(to);
    return to;
  }

  /**
   * Makes a sink for what another program says in the call in place of the local leg, as it is sent. Positions are
   * those of the remote leg's stream, which paces it. Until its end, the recording waits for it as for a leg. It is
   * spoken without a gap: what its positions leave out is missing, as is what breaks off when it ends with an error.
   */
  speak(): PcmSink {
    return this.#speeches.begin();
  }

  /** Writes nothing and keeps the newest `samples`, until {@link begin}. To be called before samples come. */
  retain(samples: number): void {
    checkArgument('samples', samples, whole(0, Number.MAX_SAFE_INTEGER));
    this.#output.retain(samples);
  }

  /** Writes what was retained, and everything that comes from now on. Returns the position where that begins. */
  begin(): number {
    this.#output.begin(this.end);
    return this.finalEnd;
  }

  /** Writes what has come. */
  flush(): Promise<void> {
    this.#rounds.begin();
    return this.#rounds.queue(() => this.#flush());
  }

  /**
   * Ends the recording at the length that `lengthOf` returns, in samples (default: the longer leg). A shorter leg is
   * filled, and a longer one is cut, but never before what is final. `lengthOf` is called when the waiting samples have
   * their place. Resolves to the length when the sink has taken all of it.
   */
  async finish(lengthOf?: () => number | undefined): Promise<number> {
    if (lengthOf !== undefined) checkArgument('lengthOf', lengthOf, callback);
    if (this.#finished) return this.finalEnd;
    const now = this.#clock.now();
    for (const leg of ['remote', 'local'] as const) this.#output.put(leg, this.legs[leg].settle(now));
    this.#finished = true;
    this.#rounds.begin();
    this.#cancelDecision?.();
    const end = Math.max(lengthOf?.() ?? this.end, this.finalEnd);
    this.#speeches.finish(end);
    this.#passOver(end);
    await this.#rounds.queue(() => this.#flush(end));
    return end;
  }

  #newLeg(name: LegName): AlignedLeg {
    return new AlignedLeg({
      clock: () => this.#judge(name),
      masks: this.#masks,
      ...(name === 'local' && { spoken: this.#output.spoken }),
      gapName: (begun) => this.#gapName(name, begun),
      holes: (from, to) => this.#context.holes?.(name, from, to) ?? [],
      onSpan: (span) => this.#context.onSpan?.(name, span),
      onConcealed: (stretch) => this.#context.onConcealed?.(name, stretch),
      // A leg that follows the remote one stood still with it.
      onHole: (samples) => {
        if (name === 'remote' && this.#localFollows) this.legs.local.shift(samples);
      },
      waits: () => name === 'local' && this.legs.remote.waiting,
    });
  }

  /**
   * Returns the clock that judges a leg; undefined for a leg that follows the other one or is placed by its positions.
   */
  #judge(leg: LegName): LegClock | undefined {
    if (this.#isPlaced || (leg === 'local' && this.#localFollows)) return undefined;
    return this.#clocks[leg];
  }

  #gapName(leg: LegName, begun: boolean): GapName {
    const byDefault = { kind: 'missing', reason: begun ? 'stalled' : 'late-start' } as const;
    return this.#context.gapName?.(leg, begun) ?? byDefault;
  }

  #legSink(name: LegName): PcmSink {
    return {
      write: (samples, position) => {
        if (this.#finished) return undefined;
        const before = this.#placedEnd;
        const now = this.#clock.now();
        this.#output.put(name, this.legs[name].arrive(samples, position, now));
        if (name === 'remote') this.#output.put('local', this.legs.local.decide(now));
        this.#decideLater();
        const due = this.#rounds.isDue(name, this.#placedEnd - before, () => this.flush());
        return due ? this.flush() : undefined;
      },
      end: () => undefined,
    };
  }

  /** Sets a timer, so that waiting samples get their place in time even when nothing more comes. */
  #decideLater(): void {
    const atMs = Math.min(this.legs.local.decisionMs ?? Infinity, this.legs.remote.decisionMs ?? Infinity);
    if (this.#cancelDecision || !Number.isFinite(atMs)) return;
    this.#cancelDecision = this.#clock.timerAt(atMs, () => {
      this.#cancelDecision = undefined;
      if (this.#finished) return undefined;
      const now = this.#clock.now();
      for (const leg of ['remote', 'local'] as const) this.#output.put(leg, this.legs[leg].decide(now));
      this.#decideLater();
      return this.flush().catch(() => undefined);
    });
  }

  /** @param lastEnd End of the recording, in the last round. */
  async #flush(lastEnd?: number): Promise<void> {
    const end = lastEnd ?? this.end;
    if (this.#output.retaining) {
      this.#output.forget(end);
      for (const leg of [this.legs.local, this.legs.remote]) leg.ledger.forget(this.finalEnd);
      return;
    }
    // Samples that come during the write wait for the next round, even if their place is in this one.
    const ends = { local: this.legs.local.end, remote: this.legs.remote.end };
    await this.#output.write(end, ends);
    const settled = lastEnd ?? Math.max(this.#settledEnd(end, ends), this.finalEnd);
    this.#passOver(settled);
    await this.#output.finalize(settled);
  }

  /** Returns the position up to which nothing more is expected of either leg. */
  #settledEnd(end: number, ends: LegEnds): number {
    const nowMs = this.#clock.now();
    const settled = (leg: LegName) =>
      this.#lags[leg].settledEnd(this.legs[leg], {
        nowMs,
        end,
        legEnd: ends[leg],
        expectedEnd: this.#judge(leg)?.expectedEnd(nowMs),
      });
    const awaited = this.#output.spoken.awaitedFrom(end);
    return Math.min(settled('local'), settled('remote'), awaited);
  }

  /** Fills each leg that does not reach `position`. */
  #passOver(position: number): void {
    for (const name of ['local', 'remote'] as const) {
      const leg = this.legs[name];
      if (leg.end >= position) continue;
      const { kind, reason } = this.#gapName(name, leg.begun);
      leg.fillTo(position, kind, reason);
    }
  }
}
