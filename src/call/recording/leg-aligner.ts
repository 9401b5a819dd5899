import { type CancelTimer, type Clock, systemClock } from '../../clock.js';
import { invalidArgument } from '../../errors.js';
import { msToSamples, type PcmSink } from '../../pcm.js';
import { AlignedLeg, type GapName, type PlacedSamples } from './aligned-leg.js';
import { DriftControl } from './drift.js';
import type { LedgerSpan } from './ledger.js';
import { CallTimeLine, LegClock, WINDOW_MS } from './leg-clock.js';
import { MaskList } from './mask-list.js';
import { StereoWindow } from './stereo-window.js';

/** Which side of a call: what was sent (left in a recording), or what the other party said (right). */
export type LegName = 'local' | 'remote';

/** Options of {@link LegAligner}. */
export interface LegAlignerOptions {
  /**
   * How long the place of a leg's samples stays open once the other leg has passed it, in milliseconds: 100 to
   * 60000. What comes later than that is counted as late and left out. Default 5000.
   */
  readonly maxSkewMs?: number;
  /**
   * Whether the drift of the local leg's clock against the remote one's is measured and taken out. It never
   * touches a leg that is paced by the other one, nor one that drifts less than 5 ms in all. Default true.
   */
  readonly correctDrift?: boolean;
}

/** What a {@link LegAligner} needs to know of the call beyond the samples. */
export interface AlignerSurroundings {
  /** Tells when samples come. Default: the machine's clock. */
  readonly clock?: Clock;
  /**
   * Whether the local leg is paced by the remote one, sample by sample: then it stands still when that does, and
   * cannot drift. Default false.
   */
  readonly localFollows?: boolean;
  /**
   * How long this process has been too busy to take samples, in ms, in all: what comes late then says nothing of the
   * stream. Default: what the event loop says, with the machine's clock; else never.
   */
  busyMs?(): number;
  /** What it is called that a leg has no samples now. Default: missing. */
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

/** New samples, of both legs together, that are worth a round of writes: 200 ms. */
const FLUSH = msToSamples(200);
/**
 * Where the other leg came last this long ago, in ms, it comes again soon, and both are written together: a batched
 * reader looks at each every 250 ms. Less: it has just come. More: it does not come at all.
 */
const SOON_MS = [125, 300] as const;
/** A batched reader comes to the second leg of a call up to this much later, in samples. */
const READER_LAG = msToSamples(300);
/** How long a leg may be too far behind before it is passed over, in ms of this process: two visits of a batched reader. */
const PATIENCE_MS = 500;
/** What was said before the recording was resumed may still be on its way for this long. */
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
  readonly legs: Readonly<Record<LegName, AlignedLeg>>;
  readonly #sink: AlignedSink;
  readonly #clock: Clock;
  readonly #maxSkew: number;
  readonly #surroundings: AlignerSurroundings;
  readonly #window = new StereoWindow();
  readonly #masks = new MaskList();
  readonly #clocks: Readonly<Record<LegName, LegClock | undefined>>;
  readonly #dirty: Record<LegName, { from: number; to: number }> = {
    local: { from: 0, to: 0 },
    remote: { from: 0, to: 0 },
  };
  #retained: number | undefined;
  readonly #behindSince: Record<LegName, number | undefined> = { local: undefined, remote: undefined };
  /** When each leg came last. */
  readonly #arrivedMs: Record<LegName, number> = { local: -Infinity, remote: -Infinity };
  #fresh = 0;
  #cancelSoon: CancelTimer | undefined;
  #written = 0;
  #final = 0;
  #pump: Promise<void> = Promise.resolve();
  /** Rounds of writes that wait or are under way, since when, and for how long there were any before. */
  #queued = 0;
  #queuedSince = 0;
  #flushedMs = 0;
  #finished = false;

  /** @throws ERR_INVALID_ARG for a skew out of range. */
  constructor(sink: AlignedSink, options: LegAlignerOptions = {}, surroundings: AlignerSurroundings = {}) {
    const { maxSkewMs, correctDrift = true } = options;
    this.#maxSkew = msToSamples(checkSkew(maxSkewMs));
    this.#sink = sink;
    this.#surroundings = surroundings;
    this.#clock = surroundings.clock ?? systemClock;
    this.#clocks = this.#legClocks(correctDrift);
    this.legs = { local: this.#newLeg('local'), remote: this.#newLeg('remote') };
    this.local = this.#legSink('local');
    this.remote = this.#legSink('remote');
  }

  /** How far the recording reaches, in samples per channel: to the end of the longer leg. */
  get end(): number {
    return Math.max(this.legs.local.end, this.legs.remote.end);
  }

  /** How far both legs have come; one that lags more than a batched reader does is left out of account. */
  get commonEnd(): number {
    const [shorter = 0, longer = 0] = [this.legs.local.end, this.legs.remote.end].sort((a, b) => a - b);
    return longer - shorter <= READER_LAG ? shorter : longer;
  }

  /** Up to here nothing changes any more. */
  get finalEnd(): number {
    return this.#final;
  }

  /** Where the call is at `nowMs` as far as the remote leg's timing tells. */
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
    this.#fresh = 0;
    this.#cancelSoon?.();
    this.#cancelSoon = undefined;
    return this.#queue(() => this.#flush());
  }

  /**
   * Ends the recording at `length` samples (default: the longer leg): a shorter leg is filled, a longer one cut,
   * though not before what is final. Resolves to the length when all of it has been taken by the sink.
   */
  async finish(length?: number, name?: (leg: LegName) => GapName): Promise<number> {
    if (this.#finished) return this.#final;
    for (const leg of ['local', 'remote'] as const) this.#put(leg, this.legs[leg].settle());
    this.#finished = true;
    this.#cancelSoon?.();
    const end = Math.max(length ?? this.end, this.#final);
    for (const leg of ['local', 'remote'] as const) {
      const { kind, reason } = name?.(leg) ?? this.#gapName(leg, this.legs[leg].begun);
      this.legs[leg].fillTo(end, kind, reason);
    }
    await this.#queue(() => this.#flush(end));
    return end;
  }

  #legClocks(correctDrift: boolean): Record<LegName, LegClock | undefined> {
    const line = new CallTimeLine();
    const busyMs = () => this.#busyMs();
    if (this.#surroundings.localFollows) return { remote: new LegClock(line, { busyMs }), local: undefined };
    const newest: Partial<Record<LegName, { readonly window: number; readonly delay: number }>> = {};
    const control = new DriftControl(msToSamples(WINDOW_MS));
    const clockOf = (leg: LegName): LegClock =>
      new LegClock(line, {
        busyMs,
        onWindow: (window, delay) => {
          newest[leg] = { window, delay };
          const { local, remote } = newest;
          if (!correctDrift || !local || local.window !== remote?.window) return;
          if (!clocks.local.live || !clocks.remote.live) return;
          const { stretcher } = this.legs.local;
          control.measure(window, local.delay - remote.delay, stretcher.net);
          stretcher.rate = control.rate;
        },
      });
    const clocks = { remote: clockOf('remote'), local: clockOf('local') };
    return clocks;
  }

  #busyMs(): number {
    const { busyMs } = this.#surroundings;
    if (busyMs) return busyMs();
    if (this.#clock !== systemClock) return 0;
    const flushing = this.#queued > 0 ? this.#clock.now() - this.#queuedSince : 0;
    return performance.eventLoopUtilization().active + this.#flushedMs + flushing;
  }

  #newLeg(name: LegName): AlignedLeg {
    return new AlignedLeg({
      clock: this.#clocks[name],
      masks: this.#masks,
      gapName: (begun) => this.#gapName(name, begun),
      onSpan: (span) => this.#surroundings.onSpan?.(name, span),
      // What follows the remote leg stood still with it.
      onHole: (samples) => {
        if (name === 'remote' && this.#surroundings.localFollows) this.legs.local.shift(samples);
      },
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
        const now = this.#clock.now();
        this.#put(name, this.legs[name].arrive(samples, position, now));
        this.#arrivedMs[name] = now;
        this.#fresh += samples.length;
        if (this.#fresh < FLUSH) return undefined;
        const otherCameMs = now - this.#arrivedMs[name === 'local' ? 'remote' : 'local'];
        if (otherCameMs < SOON_MS[0] || otherCameMs > SOON_MS[1]) return this.flush();
        this.#flushSoon(now + SOON_MS[1] - otherCameMs);
        return undefined;
      },
      end: () => undefined,
    };
  }

  /** Gives out what has come at `atMs`, unless that was done before. */
  #flushSoon(atMs: number): void {
    // What goes wrong comes out with the next write.
    this.#cancelSoon ??= this.#clock.timerAt(atMs, () => void this.flush().catch(() => undefined));
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

  #queue(task: () => Promise<void>): Promise<void> {
    if (this.#queued++ === 0) this.#queuedSince = this.#clock.now();
    this.#pump = this.#pump.then(task).finally(() => {
      if (--this.#queued === 0) this.#flushedMs += this.#clock.now() - this.#queuedSince;
    });
    return this.#pump;
  }

  async #flush(end = this.end): Promise<void> {
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
    await this.#finalize(end, legs);
  }

  #forget(position: number): void {
    this.#final = Math.max(this.#final, position);
    this.#window.release(this.#final);
    for (const leg of [this.legs.local, this.legs.remote]) leg.ledger.forget(this.#final);
  }

  /** What has changed since the last time, up to `end`, as one or two stretches in order. */
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

  async #finalize(end: number, legs: Readonly<Record<LegName, number>>): Promise<void> {
    const upTo = this.#finished
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
   * Up to where nothing more is expected of a leg that had come to `legEnd` when what is there was written. A leg
   * that lags too far is passed over, but not at once: after this process itself stood still, one leg is read
   * before the other.
   */
  #settled(name: LegName, end: number, legEnd: number): number {
    const now = this.#clock.now();
    if (end - this.legs[name].end <= this.#maxSkew) {
      this.#behindSince[name] = undefined;
      return Math.min(legEnd, end);
    }
    this.#behindSince[name] ??= now;
    // What a leg brought since is not written yet: it is not passed over in this round.
    const passedOver = now - this.#behindSince[name] >= PATIENCE_MS && this.legs[name].end === legEnd;
    return passedOver ? end - this.#maxSkew : Math.min(legEnd, end);
  }
}

/** @throws ERR_INVALID_ARG. */
export function checkSkew(maxSkewMs = 5000): number {
  if (maxSkewMs >= 100 && maxSkewMs <= 60_000) return maxSkewMs;
  throw invalidArgument('maxSkewMs', 'from 100 to 60000 ms', maxSkewMs);
}
