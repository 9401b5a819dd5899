import { checkArgument, checkOptions, flag, having, object, type Rules, within } from '../../base/check.js';
import { type CancelTimer, type Clock, systemClock } from '../../base/clock.js';
import { msToSamples, type PcmSink } from '../../base/pcm.js';
import { AlignedLeg, type GapName, type PlacedSamples } from './aligned-leg.js';
import type { LedgerSpan, LegName } from './ledger.js';
import type { LegClock } from './leg-clock.js';
import { legClocks } from './leg-clocks.js';
import { MaskList } from './mask-list.js';
import { StereoWindow } from './stereo-window.js';
import { WriteRounds } from './write-rounds.js';

/** Options of {@link LegAligner}. */
export interface LegAlignerOptions {
  /**
   * Time for which the place of a leg's samples stays open once the other leg has passed it, in milliseconds: 100 to
   * 60000. Samples that come later are counted as late and left out. A leg that keeps pace is never late. Default 5000.
   */
  readonly maxSkewMs?: number;
  /**
   * Measures the drift of the local leg's clock against the remote one's and takes it out. A leg that is paced by the
   * other one, or that drifts less than 5 ms in all, is never changed. Default true.
   */
  readonly correctDrift?: boolean;
}

/** The rules of {@link LegAlignerOptions}. */
export const ALIGNER_RULES: Rules<LegAlignerOptions> = {
  maxSkewMs: within(100, 60_000, 'ms'),
  correctDrift: flag,
};
const SINK = having('write', 'final');

/** The call as a {@link LegAligner} sees it, besides the samples. */
export interface AlignerContext {
  /** Tells when samples come. Default: the machine's clock. */
  readonly clock?: Clock;
  /**
   * True when the local leg is paced by the remote one, sample by sample: it stands still when that does, and cannot
   * drift. Default false.
   */
  readonly localFollows?: boolean;
  /**
   * Time that this process has been too busy to read samples, in ms, in all: lateness in that time says nothing of the
   * stream. Default: as the event loop tells with the machine's clock; else 0.
   */
  busyMs?(): number;
  /** Name of the stretch in which a leg has no samples now. Default: missing. */
  gapName?(leg: LegName, begun: boolean): GapName;
  onSpan?(leg: LegName, span: LedgerSpan): void;
}

/** Takes what a {@link LegAligner} puts together: interleaved stereo, left the local leg. */
export interface AlignedSink {
  /**
   * The newest state of a stretch. Later calls may repeat it, when the leg that lags has come in; a stretch never
   * begins beyond what was written before.
   */
  write(samples: Int16Array, position: number): void | Promise<void>;
  /** A stretch that will not change any more. In order, without a hole. */
  final(samples: Int16Array, position: number): void | Promise<void>;
  /** A round of writes is over; the recording reaches to `end`, the legs to `local` and `remote`. */
  flushed?(end: number, legs: Readonly<Record<LegName, number>>): void | Promise<void>;
}

/** A batched reader comes to the second leg of a call up to this much later, in samples. */
const READER_LAG = msToSamples(300);
/** Time that a leg may be too far behind before it is passed over, in ms of this process: two batched reads. */
const PATIENCE_MS = 500;
/** The most that is kept open for a leg that keeps pace while the other one runs ahead, in samples: five minutes. */
const MAX_OPEN = msToSamples(300_000);
/** Time for which audio from before the resumption may still be on its way. */
const RESUME_MARGIN = msToSamples(300);

/**
 * Puts two mono legs on one sample clock: what was simultaneous lies in the same stereo sample, however the chunks
 * arrive. What is there is given out at once, so that a kill costs little; while one leg lags its channel is
 * silent, and filled in when it comes.
 */
export class LegAligner {
  /** Takes the local leg. */
  readonly local: PcmSink;
  /** Takes the remote leg. */
  readonly remote: PcmSink;
  /** @internal */
  readonly legs: Readonly<Record<LegName, AlignedLeg>>;
  readonly #sink: AlignedSink;
  readonly #clock: Clock;
  readonly #maxSkew: number;
  readonly #surroundings: AlignerContext;
  readonly #window = new StereoWindow();
  readonly #masks = new MaskList();
  readonly #clocks: Readonly<Record<LegName, LegClock | undefined>>;
  readonly #rounds: WriteRounds;
  readonly #dirty: Record<LegName, { from: number; to: number }> = {
    local: { from: 0, to: 0 },
    remote: { from: 0, to: 0 },
  };
  #retained: number | undefined;
  readonly #behindSince: Record<LegName, number | undefined> = { local: undefined, remote: undefined };
  #cancelDecision: CancelTimer | undefined;
  #written = 0;
  #final = 0;
  #finished = false;

  /** @throws ERR_INVALID_ARG for a skew out of range. */
  constructor(sink: AlignedSink, options: LegAlignerOptions = {}, surroundings: AlignerContext = {}) {
    checkArgument('surroundings', surroundings, object);
    checkArgument('sink', sink, SINK);
    checkOptions(options, ALIGNER_RULES);
    const { maxSkewMs = 5000, correctDrift = true } = options;
    this.#maxSkew = msToSamples(maxSkewMs);
    this.#sink = sink;
    this.#surroundings = surroundings;
    this.#clock = surroundings.clock ?? systemClock;
    this.#rounds = new WriteRounds(this.#clock, surroundings.busyMs);
    this.#clocks = legClocks({
      busyMs: () => this.#rounds.busyMs,
      localFollows: surroundings.localFollows ?? false,
      stretcher: correctDrift ? () => this.legs.local.stretcher : undefined,
    });
    this.legs = { local: this.#newLeg('local'), remote: this.#newLeg('remote') };
    this.local = this.#legSink('local');
    this.remote = this.#legSink('remote');
  }

  /** Length of the recording, in samples per channel: the end of the longer leg. */
  get end(): number {
    return Math.max(this.legs.local.end, this.legs.remote.end);
  }

  get #placedEnd(): number {
    return this.legs.local.end + this.legs.remote.end;
  }

  /** Position that both legs have reached; a leg that lags more than a batched reader does is ignored. */
  get commonEnd(): number {
    const [shorter = 0, longer = 0] = [this.legs.local.reach, this.legs.remote.reach].sort((a, b) => a - b);
    return longer - shorter <= READER_LAG ? shorter : longer;
  }

  /** Up to here nothing changes any more. */
  get finalEnd(): number {
    return this.#final;
  }

  /** Position of the call at `nowMs`, as far as the remote leg's timing tells. */
  expectedEnd(nowMs: number): number | undefined {
    return this.#clocks.remote?.expectedEnd(nowMs);
  }

  /** The same, but nothing where this process was too busy to read what may have come. */
  silentEnd(nowMs: number): number | undefined {
    return this.#clocks.remote?.silentEnd(nowMs);
  }

  get masking(): boolean {
    return this.#masks.masking;
  }

  /** Masks what comes from now on. Returns where that begins. */
  mask(): number {
    const from = this.end;
    this.#masks.begin(from);
    return from;
  }

  /** Lets samples through again, 300 ms after what has come: until then they may be older than this call. */
  unmask(): number {
    const to = Math.max(this.end, this.expectedEnd(this.#clock.now()) ?? 0) + RESUME_MARGIN;
    this.#masks.end(to);
    return to;
  }

  /** Gives nothing out, and keeps the newest `samples`, until {@link begin}. To be called before samples come. */
  retain(samples: number): void {
    this.#retained = samples;
  }

  /** Gives out what was retained, and all that comes. Returns where that begins. */
  begin(): number {
    if (this.#retained === undefined) return this.#final;
    this.#final = Math.max(this.#final, this.end - this.#retained);
    this.#written = this.#final;
    this.#retained = undefined;
    return this.#final;
  }

  /** Gives out what has come. */
  flush(): Promise<void> {
    this.#rounds.begin();
    return this.#rounds.queue(() => this.#flush());
  }

  /**
   * Ends the recording at `length` samples (default: the longer leg): a shorter leg is filled, a longer one cut,
   * though not before what is final. A function is asked for the length once the samples that waited have their place.
   * Resolves to the length when all of it has been taken by the sink.
   */
  async finish(
    length?: number | (() => number | undefined),
    name?: (leg: LegName) => GapName,
  ): Promise<number> {
    if (this.#finished) return this.#final;
    const now = this.#clock.now();
    for (const leg of ['remote', 'local'] as const) this.#put(leg, this.legs[leg].settle(now));
    this.#finished = true;
    this.#rounds.begin();
    this.#cancelDecision?.();
    const wanted = typeof length === 'function' ? length() : length;
    const end = Math.max(wanted ?? this.end, this.#final);
    for (const leg of ['local', 'remote'] as const) {
      const { kind, reason } = name?.(leg) ?? this.#gapName(leg, this.legs[leg].begun);
      this.legs[leg].fillTo(end, kind, reason);
    }
    await this.#rounds.queue(() => this.#flush(end, true));
    return end;
  }

  #newLeg(name: LegName): AlignedLeg {
    const follows = name === 'local' && this.#surroundings.localFollows;
    return new AlignedLeg({
      clock: this.#clocks[name],
      masks: this.#masks,
      gapName: (begun) => this.#gapName(name, begun),
      onSpan: (span) => this.#surroundings.onSpan?.(name, span),
      // What follows the remote leg stood still with it.
      onHole: (samples) => {
        if (name === 'remote' && this.#surroundings.localFollows) this.legs.local.shift(samples);
      },
      ...(follows && { waits: () => this.legs.remote.waiting }),
    });
  }

  #gapName(leg: LegName, begun: boolean): GapName {
    const byDefault = { kind: 'missing', reason: begun ? 'stalled' : 'late-start' } as const;
    return this.#surroundings.gapName?.(leg, begun) ?? byDefault;
  }

  #legSink(name: LegName): PcmSink {
    return {
      write: (samples, position) => {
        if (this.#finished) return undefined;
        const before = this.#placedEnd;
        const now = this.#clock.now();
        this.#put(name, this.legs[name].arrive(samples, position, now));
        if (name === 'remote') this.#put('local', this.legs.local.decide(now));
        this.#decideLater();
        const due = this.#rounds.isDue(name, this.#placedEnd - before, () => this.flush());
        return due ? this.flush() : undefined;
      },
      end: () => undefined,
    };
  }

  /** Sees to it that what waits for its place has it in time, even where nothing more comes. */
  #decideLater(): void {
    const atMs = Math.min(this.legs.local.decisionMs ?? Infinity, this.legs.remote.decisionMs ?? Infinity);
    if (this.#cancelDecision || !Number.isFinite(atMs)) return;
    this.#cancelDecision = this.#clock.timerAt(atMs, () => {
      this.#cancelDecision = undefined;
      if (this.#finished) return undefined;
      const now = this.#clock.now();
      for (const leg of ['remote', 'local'] as const) this.#put(leg, this.legs[leg].decide(now));
      this.#decideLater();
      return this.flush().catch(() => undefined);
    });
  }

  #put(name: LegName, placed: readonly PlacedSamples[]): void {
    const channel = name === 'local' ? 0 : 1;
    const dirty = this.#dirty[name];
    for (const { samples, position } of placed) {
      this.#window.put(channel, position, samples);
      if (dirty.to === dirty.from) dirty.from = position;
      dirty.to = position + samples.length;
    }
  }

  async #flush(end = this.end, last = false): Promise<void> {
    if (this.#retained !== undefined) {
      this.#forget(end - this.#retained);
      return;
    }
    // Samples that come while this is written wait for the next round, even where their place is in this one.
    const legs = { local: this.legs.local.end, remote: this.legs.remote.end };
    for (const [from, to] of this.#takeDirty(end)) {
      for (const { samples, position } of this.#window.pieces(from, to)) {
        await this.#sink.write(samples, position);
      }
    }
    this.#written = Math.max(this.#written, end);
    await this.#sink.flushed?.(end, legs);
    await this.#finalize(end, legs, last);
  }

  #forget(position: number): void {
    this.#final = Math.max(this.#final, position);
    this.#window.release(this.#final);
    for (const leg of [this.legs.local, this.legs.remote]) leg.ledger.forget(this.#final);
  }

  /** Stretches that have changed since the last time, up to `end`: one or two, in order. */
  #takeDirty(end: number): [number, number][] {
    const stretches: [number, number][] = [[Math.min(this.#written, end), end]];
    for (const dirty of [this.#dirty.local, this.#dirty.remote]) {
      const to = Math.min(dirty.to, end);
      const from = Math.max(dirty.from, this.#final);
      dirty.from = dirty.to;
      if (from < to) stretches.push([from, to]);
    }
    stretches.sort(([a], [b]) => a - b);
    const merged: [number, number][] = [];
    for (const [from, to] of stretches) {
      const last = merged.at(-1);
      if (last && from <= last[1]) last[1] = Math.max(last[1], to);
      else merged.push([from, to]);
    }
    return merged;
  }

  async #finalize(end: number, legs: Readonly<Record<LegName, number>>, last: boolean): Promise<void> {
    const upTo = last
      ? end
      : Math.max(
          Math.min(this.#settled('local', end, legs.local), this.#settled('remote', end, legs.remote)),
          this.#final,
        );
    for (const name of ['local', 'remote'] as const) {
      const leg = this.legs[name];
      if (leg.end >= upTo) continue;
      const { kind, reason } = this.#gapName(name, leg.begun);
      leg.fillTo(upTo, kind, reason);
    }
    for (const { samples, position } of this.#window.pieces(this.#final, upTo)) {
      await this.#sink.final(samples, position);
    }
    this.#final = Math.max(this.#final, upTo);
    this.#window.release(this.#final);
  }

  /**
   * Up to where nothing more is expected of a leg that had come to `legEnd` when what is there was written. One that
   * lags too far is passed over: not while it is on time by its own clock, however far ahead the other one is, and not
   * at once, since after this process itself stood still one leg is read before the other.
   */
  #settled(name: LegName, end: number, legEnd: number): number {
    const now = this.#clock.now();
    const leg = this.legs[name];
    const onTime = Math.max(this.#clocks[name]?.expectedEnd(now) ?? end, end - MAX_OPEN);
    const due = Math.min(end, onTime);
    if (leg.waiting || due - leg.end <= this.#maxSkew) {
      this.#behindSince[name] = undefined;
      return Math.min(legEnd, end);
    }
    this.#behindSince[name] ??= now;
    // What a leg brought since is not written yet: it is not passed over in this round.
    const passedOver = now - this.#behindSince[name] >= PATIENCE_MS && leg.end === legEnd;
    return passedOver ? due - this.#maxSkew : Math.min(legEnd, end);
  }
}
