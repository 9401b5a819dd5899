import { msToSamples } from '../../base/pcm.js';
import type { Placement } from '../timing/doubt.js';
import type { LegClock } from '../timing/leg-clock.js';
import { type GapName, LedgerKeeper, type LedgerSpan, type SpanReason, type StreamGap } from './ledger.js';
import type { MaskList } from './mask-list.js';
import type { SpokenOver } from './spoken-over.js';
import { cutAt, type PlacedSamples } from './stretch-list.js';
import { type NamedStretch, StretchPlaces } from './stretch-places.js';
import { Stretcher } from './stretcher.js';

/** Gap at the end of a leg up to which nothing shows that voice was lost in it, in samples: half a second. */
const SHORT_END = msToSamples(500);

/** Samples that wait for their place, with the stretch that their stream left out before them. */
interface Waiting {
  /** Stream position of the stretch that was left out. */
  readonly from: number;
  readonly skipped: number;
  samples: Int16Array;
}

/** Facts and callbacks of the call that an {@link AlignedLeg} uses. */
export interface LegContext {
  /** The clock that judges the leg by its timing. A leg without one is placed by its positions alone. */
  clock(): LegClock | undefined;
  readonly masks: MaskList;
  /** Voice that lies over the leg. Where the leg has no samples of its own, those count as received. */
  readonly spoken?: SpokenOver;
  /** Name for a stretch in which the leg has no samples, as of now. */
  gapName(begun: boolean): GapName;
  /**
   * Names what the stream itself leaves out between two of its positions. Default: samples that were dropped on the
   * way.
   */
  holes?(from: number, to: number): readonly StreamGap[];
  onSpan?(span: LedgerSpan): void;
  /** Called for each stretch of the time line that the line concealed. */
  onConcealed?(stretch: NamedStretch<SpanReason>): void;
  /**
   * Called when the stream stood still, with the number of samples by which what follows lies later. A negative number
   * takes that back.
   */
  onHole?(samples: number): void;
  /** True when the leg that this one follows waits for a decision. This leg then waits too. */
  waits(): boolean;
}

/**
 * Places one leg on the call's time line by its stream positions. It removes the drift of the leg's clock, inserts
 * silence where its {@link LegClock} says that something was lost, and enters every sample of the time line in the
 * ledger. Chunks whose place is in doubt wait.
 */
export class AlignedLeg {
  readonly ledger: LedgerKeeper;
  readonly stretcher = new Stretcher();
  readonly #context: LegContext;
  readonly #waiting: Waiting[] = [];
  /** Length of the waiting samples, including what is missing between them. */
  #waitingSamples = 0;
  readonly #concealed = new StretchPlaces<SpanReason>();
  /** Stream position that comes next. */
  #next: number | undefined;
  /** Place of the next sample. */
  #place = 0;
  #late = 0;
  #begun = false;
  #gapEnd = 0;

  constructor(context: LegContext) {
    this.#context = context;
    this.ledger = new LedgerKeeper(0, (span) => context.onSpan?.(span));
  }

  /** Position after the last sample of the time line that the leg has an entry for. */
  get end(): number {
    return this.ledger.end;
  }

  /** End of the leg including the waiting samples, if nothing was lost before them. */
  get reach(): number {
    return Math.max(this.end, this.#place + this.#waitingSamples);
  }

  /** True when samples wait for their place. */
  get waiting(): boolean {
    return this.#waiting.length > 0;
  }

  /** Latest time at which the waiting samples are placed. */
  get decisionMs(): number | undefined {
    return this.#context.clock()?.decisionMs;
  }

  /** Samples that came after their place was final. */
  get late(): number {
    return this.#late;
  }

  get begun(): boolean {
    return this.#begun;
  }

  /** Position after the last gap in the ledger. */
  get gapEnd(): number {
    return this.#gapEnd;
  }

  /** Distance of the place of a sample from its stream position, for samples that come now. */
  get moved(): number {
    return this.#place + this.#waitingSamples - (this.#next ?? 0);
  }

  /** Takes samples that begin at `position` of the stream; returns those that have their place now, in order. */
  arrive(samples: Int16Array, position: number, nowMs: number): PlacedSamples[] {
    const clock = this.#context.clock();
    const placed: PlacedSamples[] = [];
    const stretched = this.stretcher.push(samples);
    const from = this.#next ?? 0;
    this.#next = position + samples.length;
    this.#wait({ from, skipped: Math.max(0, position - from), samples: stretched });
    const end = this.#place + this.#waitingSamples;
    if (clock) this.#carryOut(clock.arrive(nowMs, stretched.length, end, this.end > this.#place), placed);
    else if (!this.#context.waits()) this.#putWaiting(placed);
    // The caller may reuse its array when this returns.
    const last = this.#waiting.at(-1);
    if (last?.samples === samples) last.samples = samples.slice();
    return placed;
  }

  /** Places what has waited for long enough by now. */
  decide(nowMs: number): PlacedSamples[] {
    const clock = this.#context.clock();
    const placed: PlacedSamples[] = [];
    if (clock) this.#carryOut(clock.decide(nowMs), placed);
    else if (!this.#context.waits()) this.#putWaiting(placed);
    return placed;
  }

  /** Places all waiting samples and the look-ahead of the stretcher. To be called when nothing more will come. */
  settle(nowMs: number): PlacedSamples[] {
    const placed: PlacedSamples[] = [];
    this.#carryOut(this.#context.clock()?.settle(nowMs) ?? [], placed);
    this.#putWaiting(placed);
    this.#put(this.stretcher.flush(), this.#next ?? 0, placed);
    return placed;
  }

  /**
   * Moves everything that comes from now on by `samples` to a later place, or to an earlier one when `samples` is
   * negative.
   */
  shift(samples: number): void {
    this.#place += samples;
    this.#nameGap(this.waiting);
  }

  /** Names a stretch of the stream that the line concealed, before or after its samples come. */
  conceal(stretch: NamedStretch<SpanReason>): void {
    this.#tellConcealed(this.#concealed.name(stretch));
  }

  /** Fills the leg up to `position`. Samples that come later for a place before it are late. */
  fillTo(position: number, kind: 'idle' | 'missing', reason: SpanReason): void {
    const { end } = this.ledger;
    if (position <= end) return;
    for (const { from, to, within } of this.#context.spoken?.parts(end, position) ??
      cutAt([], end, position)) {
      if (within) this.ledger.add('received', to - from);
      else this.ledger.add(kind, to - from, reason);
      if (!within) this.#gapEnd = to;
    }
  }

  /** Moves past samples that are missing in the stream itself, at its beginning or because a sink dropped them. */
  #skip({ from, skipped }: Waiting): void {
    if (skipped === 0) return;
    const moved = this.#place - from;
    this.#place += skipped;
    if (!this.#begun) return;
    for (const gap of this.#context.holes?.(from, from + skipped) ?? []) {
      this.fillTo(gap.from + gap.samples + moved, gap.kind, gap.reason);
    }
    this.fillTo(this.#place, 'missing', 'dropped');
  }

  #wait(waiting: Waiting): void {
    this.#waiting.push(waiting);
    this.#waitingSamples += waiting.skipped + waiting.samples.length;
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

  /** @param isFollowed True when samples have come that lie behind the gap. */
  #nameGap(isFollowed: boolean): void {
    const named = this.#context.gapName(this.#begun);
    const { kind, reason } = isFollowed ? followed(named, this.#place - this.end) : named;
    this.fillTo(this.#place, kind, reason);
  }

  #putWaiting(placed: PlacedSamples[], chunks = this.#waiting.length): void {
    for (const waiting of this.#waiting.splice(0, chunks)) {
      this.#waitingSamples -= waiting.skipped + waiting.samples.length;
      this.#skip(waiting);
      this.#put(waiting.samples, waiting.from + waiting.skipped, placed);
    }
  }

  /** @param at Position of the chunk in the stream. */
  #put(samples: Int16Array, at: number, placed: PlacedSamples[]): void {
    if (samples.length === 0) return;
    this.#nameGap(true);
    const shift = this.#place - at;
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
    this.#tellConcealed(this.#concealed.placed(at, samples.length, shift));
  }

  #tellConcealed(stretches: readonly NamedStretch<SpanReason>[]): void {
    for (const stretch of stretches) {
      this.ledger.conceal(stretch.from, stretch.samples, stretch.reason);
      this.#context.onConcealed?.(stretch);
    }
  }
}

/**
 * Corrects the name of a gap of so many samples that has samples behind it: the leg had come, and it ended only after
 * them.
 */
function followed(named: GapName, samples: number): GapName {
  if (named.reason === 'never-came') return { kind: named.kind, reason: 'late-start' };
  if (named.reason !== 'ended') return named;
  return samples > SHORT_END ? { kind: 'missing', reason: 'stalled' } : { kind: 'idle', reason: 'not-sent' };
}
