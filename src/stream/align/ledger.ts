/** A side of a call: the audio that was sent (left in a recording), or that of the other party (right). */
export type LegName = 'local' | 'remote';

/** End of each leg of a recording, in samples. */
export type LegEnds = Readonly<Record<LegName, number>>;

/**
 * The kind of a stretch of a leg in a recording. `received`: it came over the leg's stream. `idle`: silence where the
 * leg had nothing to carry (a hold, a leg that was not wanted, one that had ended). `masked`: silence put in place
 * of what came, because the recording was paused. `missing`: silence in place of audio that should be there.
 */
export type SpanKind = 'received' | 'idle' | 'masked' | 'missing';

/** The reason why a stretch is idle or missing. */
export type SpanReason =
  /** idle: the call was on hold. */
  | 'hold'
  /** idle: the leg was not asked for. */
  | 'not-wanted'
  /** idle: the leg had ended before the recording did. */
  | 'ended'
  /** missing: nobody connected to the leg's port, or no sample ever came. */
  | 'never-came'
  /** missing: the leg began later than the call. */
  | 'late-start'
  /** missing: the stream stood still, and what was said meanwhile never came. */
  | 'stalled'
  /** missing: samples came, but so long after the other leg's that their place was final. */
  | 'late'
  /** missing: samples were given up on the way to the recording. */
  | 'dropped'
  /** missing: the connection broke. */
  | 'connection-lost'
  /** missing: there was no room on the disk. */
  | 'disk-full'
  /** missing: the recording process was killed before it had written them. */
  | 'killed';

/** One stretch of a leg. Positions and lengths are samples. */
export interface LedgerSpan {
  readonly from: number;
  readonly samples: number;
  readonly kind: SpanKind;
  readonly reason?: SpanReason;
}

/** Samples of a leg by kind; they add up to the length of the recording. */
export type LedgerTotals = Readonly<Record<SpanKind, number>>;

/** The account of one leg, sample by sample. */
export interface LegLedger extends LedgerTotals {
  readonly spans: readonly LedgerSpan[];
}

/** Keeps the account of one leg, in order of position, without a hole. */
export class LedgerKeeper {
  readonly #spans: { from: number; samples: number; kind: SpanKind; reason: SpanReason | undefined }[] = [];
  readonly #onSpan: (span: LedgerSpan) => void;
  readonly #totals = { received: 0, idle: 0, masked: 0, missing: 0 };
  #end: number;

  /** @param onSpan Told of each stretch as it begins; its length is that of its first piece. */
  constructor(start = 0, onSpan: (span: LedgerSpan) => void = () => undefined) {
    this.#end = start;
    this.#onSpan = onSpan;
  }

  /** One past the last sample that is accounted for. */
  get end(): number {
    return this.#end;
  }

  /** Samples of a kind in all, those that were let go of included. */
  total(kind: SpanKind): number {
    return this.#totals[kind];
  }

  add(kind: SpanKind, samples: number, reason?: SpanReason): void {
    if (samples <= 0) return;
    this.#totals[kind] += samples;
    const last = this.#spans.at(-1);
    const from = this.#end;
    this.#end += samples;
    if (last && last.kind === kind && last.reason === reason) {
      last.samples += samples;
      return;
    }
    this.#spans.push({ from, samples, kind, reason });
    this.#onSpan(spanOf(from, samples, kind, reason));
  }

  /** The account of [from, to), its positions counted from `from`. */
  slice(from: number, to: number): LegLedger {
    const spans: LedgerSpan[] = [];
    for (const span of this.#spans) {
      const begin = Math.max(from, span.from);
      const end = Math.min(to, span.from + span.samples);
      if (begin < end) spans.push(spanOf(begin - from, end - begin, span.kind, span.reason));
    }
    return ledgerOf(spans);
  }

  /** The stretches that reach beyond `position`, and the newest in any case: it may still grow beyond it. */
  since(position: number): LedgerSpan[] {
    return this.#spans
      .filter((span, index) => span.from + span.samples > position || index === this.#spans.length - 1)
      .map(({ from, samples, kind, reason }) => spanOf(from, samples, kind, reason));
  }

  /** Lets go of what lies before `position`. */
  forget(position: number): void {
    const kept = this.#spans.findIndex((span) => span.from + span.samples > position);
    this.#spans.splice(0, kept < 0 ? this.#spans.length : kept);
  }
}

/** The ledger with these spans. */
export function ledgerOf(spans: readonly LedgerSpan[]): LegLedger {
  const totals = { received: 0, idle: 0, masked: 0, missing: 0 };
  for (const { kind, samples } of spans) totals[kind] += samples;
  return { ...totals, spans };
}

function spanOf(from: number, samples: number, kind: SpanKind, reason: SpanReason | undefined): LedgerSpan {
  return reason === undefined ? { from, samples, kind } : { from, samples, kind, reason };
}
