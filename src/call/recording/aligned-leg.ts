import { LedgerKeeper, type LedgerSpan, type SpanReason } from './ledger.js';
import type { LegClock } from './leg-clock.js';
import type { MaskList } from './mask-list.js';
import { Stretcher } from './stretcher.js';

/** Samples of one leg at their place on the call's time line. */
export interface PlacedSamples {
  readonly samples: Int16Array;
  readonly position: number;
}

/** What a stretch without samples is called. */
export interface GapName {
  readonly kind: 'idle' | 'missing';
  readonly reason: SpanReason;
}

/** What an {@link AlignedLeg} needs to know of the call. */
export interface LegSurroundings {
  /** Judges the leg by its timing; a leg without one is placed by its positions alone. */
  readonly clock: LegClock | undefined;
  readonly masks: MaskList;
  /** What it is called that the leg has no samples now. */
  gapName(begun: boolean): GapName;
  onSpan?(span: LedgerSpan): void;
  /** The stream stood still: everything that follows belongs this much later. */
  onHole?(samples: number): void;
}

/**
 * One leg on its way from stream positions to the call's time line: holes are opened where the stream stood still,
 * the drift of its clock is taken out, and every sample of the time line gets its entry in the ledger.
 */
export class AlignedLeg {
  readonly ledger: LedgerKeeper;
  readonly stretcher = new Stretcher();
  readonly #surroundings: LegSurroundings;
  readonly #held: Int16Array[] = [];
  #heldSamples = 0;
  /** Stream position that comes next. */
  #next: number | undefined;
  /** Where the next sample belongs. */
  #place = 0;
  #late = 0;
  #begun = false;

  constructor(surroundings: LegSurroundings) {
    this.#surroundings = surroundings;
    this.ledger = new LedgerKeeper(0, (span) => surroundings.onSpan?.(span));
  }

  /** One past the last sample of the time line that the leg has an entry for. */
  get end(): number {
    return this.ledger.end;
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
    const lost = position - (this.#next ?? 0);
    this.#next = position + samples.length;
    const stretched = this.stretcher.push(samples);
    // What is missing in the stream itself, at its beginning or because a sink gave samples up, moves the rest on.
    if (lost > 0) this.#skip(lost, this.#begun ? 'dropped' : undefined);
    const end = this.#place + this.#heldSamples + stretched.length;
    const hole = this.#surroundings.clock?.arrive(nowMs, stretched.length, end) ?? 0;
    if (hole === 'hold') {
      this.#held.push(stretched.slice());
      this.#heldSamples += stretched.length;
      return [];
    }
    if (hole > 0) {
      this.shift(hole);
      this.#surroundings.onHole?.(hole);
    }
    const placed: PlacedSamples[] = [];
    this.#putHeld(placed);
    this.#put(stretched, placed);
    return placed;
  }

  /** Everything that comes from now on belongs `samples` later. */
  shift(samples: number): void {
    this.#place += samples;
    this.#nameGap();
  }

  /** Samples that wait for a decision, and those that the stretcher still looks at, are placed now. */
  settle(): PlacedSamples[] {
    const placed: PlacedSamples[] = [];
    this.#putHeld(placed);
    this.#put(this.stretcher.flush(), placed);
    return placed;
  }

  /** Fills the leg up to `position`: what comes later for a place before it is late. */
  fillTo(position: number, kind: 'idle' | 'missing', reason: SpanReason): void {
    this.ledger.add(kind, position - this.ledger.end, reason);
  }

  #skip(samples: number, reason: SpanReason | undefined): void {
    this.#place += samples;
    if (reason) this.ledger.add('missing', this.#place - this.ledger.end, reason);
  }

  #nameGap(): void {
    const named = this.#surroundings.gapName(this.#begun);
    const { kind } = named;
    // It has come now.
    const reason = named.reason === 'never-came' ? 'late-start' : named.reason;
    this.ledger.add(kind, this.#place - this.ledger.end, reason);
  }

  #putHeld(placed: PlacedSamples[]): void {
    for (const samples of this.#held.splice(0)) this.#put(samples, placed);
    this.#heldSamples = 0;
  }

  #put(samples: Int16Array, placed: PlacedSamples[]): void {
    if (samples.length === 0) return;
    this.#nameGap();
    const late = Math.min(samples.length, this.ledger.end - this.#place);
    this.#late += late;
    this.#begun = true;
    const first = this.#place + late;
    this.#place += samples.length;
    for (const { from, to, masked } of this.#surroundings.masks.parts(first, this.#place)) {
      this.ledger.add(masked ? 'masked' : 'received', to - from);
      if (!masked)
        placed.push({ samples: samples.subarray(late + from - first, late + to - first), position: from });
    }
  }
}
