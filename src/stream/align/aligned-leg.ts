import type { Placement } from './doubt.js';
import { LedgerKeeper, type LedgerSpan, type SpanReason } from './ledger.js';
import type { LegClock } from './leg-clock.js';
import type { MaskList } from './mask-list.js';
import { Stretcher } from './stretcher.js';

/** Samples of one leg at their place on the call's time line. */
export interface PlacedSamples {
  readonly samples: Int16Array;
  readonly position: number;
}

/** Name of a stretch without samples. */
export interface GapName {
  readonly kind: 'idle' | 'missing';
  readonly reason: SpanReason;
}

/** The call as an {@link AlignedLeg} sees it. */
export interface LegContext {
  /** Judges the leg by its timing; a leg without one is placed by its positions alone. */
  readonly clock: LegClock | undefined;
  readonly masks: MaskList;
  /** Name of the stretch in which the leg has no samples now. */
  gapName(begun: boolean): GapName;
  onSpan?(span: LedgerSpan): void;
  /** Moves the samples that follow to a later place: the stream stood still. Negative takes that back. */
  onHole?(samples: number): void;
  /** True when the leg that this one follows waits for a decision: this one waits with it. */
  waits?(): boolean;
}

/**
 * One leg on its way from stream positions to the call's time line: the drift of its clock is taken out, silence is
 * put in where its {@link LegClock} says that something was lost, and every sample of the time line gets its entry in
 * the ledger. Chunks whose place is in doubt wait.
 */
export class AlignedLeg {
  readonly ledger: LedgerKeeper;
  readonly stretcher = new Stretcher();
  readonly #context: LegContext;
  readonly #waiting: Int16Array[] = [];
  #waitingSamples = 0;
  /** Stream position that comes next. */
  #next: number | undefined;
  /** Place of the next sample. */
  #place = 0;
  #late = 0;
  #begun = false;

  constructor(context: LegContext) {
    this.#context = context;
    this.ledger = new LedgerKeeper(0, (span) => context.onSpan?.(span));
  }

  /** One past the last sample of the time line that the leg has an entry for. */
  get end(): number {
    return this.ledger.end;
  }

  /** End of the leg with the samples that wait, if nothing was lost before them. */
  get reach(): number {
    return Math.max(this.end, this.#place + this.#waitingSamples);
  }

  /** True when samples wait for their place. */
  get waiting(): boolean {
    return this.#waiting.length > 0;
  }

  /** Latest time at which they are placed. */
  get decisionMs(): number | undefined {
    return this.#context.clock?.decisionMs;
  }

  /** Samples that came after their place was final. */
  get late(): number {
    return this.#late;
  }

  get begun(): boolean {
    return this.#begun;
  }

  /** Takes samples that begin at `position` of the stream; returns those that have their place now, in order. */
  arrive(samples: Int16Array, position: number, nowMs: number): PlacedSamples[] {
    const { clock, waits } = this.#context;
    const placed: PlacedSamples[] = [];
    const stretched = this.stretcher.push(samples);
    this.#skip(position - (this.#next ?? 0), nowMs, placed);
    this.#next = position + samples.length;
    const end = this.#place + this.#waitingSamples + stretched.length;
    this.#wait(stretched);
    if (clock) this.#carryOut(clock.arrive(nowMs, stretched.length, end, this.end > this.#place), placed);
    else if (!waits?.()) this.#putWaiting(placed);
    // The caller's array is its own again when this returns.
    if (this.#waiting.at(-1) === samples) this.#waiting[this.#waiting.length - 1] = samples.slice();
    return placed;
  }

  /** Places what has waited for long enough by now. */
  decide(nowMs: number): PlacedSamples[] {
    const { clock, waits } = this.#context;
    const placed: PlacedSamples[] = [];
    if (clock) this.#carryOut(clock.decide(nowMs), placed);
    else if (!waits?.()) this.#putWaiting(placed);
    return placed;
  }

  /** Places all that waits, and what the stretcher still looks at: nothing more will come. */
  settle(nowMs: number): PlacedSamples[] {
    const placed: PlacedSamples[] = [];
    this.#carryOut(this.#context.clock?.settle(nowMs) ?? [], placed);
    this.#putWaiting(placed);
    this.#put(this.stretcher.flush(), placed);
    return placed;
  }

  /** Everything that comes from now on belongs `samples` later; earlier where that is negative. */
  shift(samples: number): void {
    this.#place += samples;
    this.#nameGap();
  }

  /** Fills the leg up to `position`: what comes later for a place before it is late. */
  fillTo(position: number, kind: 'idle' | 'missing', reason: SpanReason): void {
    this.ledger.add(kind, position - this.ledger.end, reason);
  }

  /** Moves on over what is missing in the stream itself, at its beginning or because a sink gave samples up. */
  #skip(samples: number, nowMs: number, placed: PlacedSamples[]): void {
    if (samples <= 0) return;
    this.#carryOut(this.#context.clock?.settle(nowMs) ?? [], placed);
    this.#place += samples;
    if (this.#begun) this.ledger.add('missing', this.#place - this.ledger.end, 'dropped');
  }

  #wait(samples: Int16Array): void {
    this.#waiting.push(samples);
    this.#waitingSamples += samples.length;
  }

  #carryOut(placements: readonly Placement[], placed: PlacedSamples[]): void {
    for (const { hole, chunks } of placements) {
      if (hole !== 0) {
        this.shift(hole);
        this.#context.onHole?.(hole);
      }
      this.#putWaiting(placed, chunks);
    }
  }

  #nameGap(): void {
    const named = this.#context.gapName(this.#begun);
    const { kind } = named;
    // It has come now.
    const reason = named.reason === 'never-came' ? 'late-start' : named.reason;
    this.ledger.add(kind, this.#place - this.ledger.end, reason);
  }

  #putWaiting(placed: PlacedSamples[], chunks = this.#waiting.length): void {
    for (const samples of this.#waiting.splice(0, chunks)) {
      this.#waitingSamples -= samples.length;
      this.#put(samples, placed);
    }
  }

  #put(samples: Int16Array, placed: PlacedSamples[]): void {
    if (samples.length === 0) return;
    this.#nameGap();
    const late = Math.min(samples.length, this.ledger.end - this.#place);
    this.#late += late;
    this.#begun = true;
    const first = this.#place + late;
    this.#place += samples.length;
    for (const { from, to, masked } of this.#context.masks.parts(first, this.#place)) {
      this.ledger.add(masked ? 'masked' : 'received', to - from);
      if (!masked)
        placed.push({ samples: samples.subarray(late + from - first, late + to - first), position: from });
    }
  }
}
