/** A side of a call: the audio that was sent (left in a recording), or that of the other party (right). */
export type LegName = 'local' | 'remote';

/** End of each leg of a recording, in samples. */
export type LegEnds = Readonly<Record<LegName, number>>;

/**
 * The kind of a stretch of a leg in a recording. `received`: it came over the leg's stream. `idle`: silence where the
 * leg had nothing to carry (a hold, a leg that was not wanted, one that had ended). `masked`: silence in place of
 * received audio, because the recording was paused or a rule of masking applied. `missing`: silence in place of audio
 * that should be there. `concealed`: it came over the stream, but the line had synthesised it in place of packets that
 * it did not have; the reason says why.
 */
export type SpanKind = 'received' | 'idle' | 'masked' | 'missing' | 'concealed';

/** The reason why a stretch is idle, missing or concealed, or the rule by which it was masked. */
export type SpanReason =
  /** idle: the call was on hold. */
  | 'hold'
  /** idle: the leg was not requested. */
  | 'not-wanted'
  /** idle: the leg had ended before the recording did. */
  | 'ended'
  /**
   * idle or concealed: the other side sent nothing. It suppresses silence, or up to half a second was missing at the
   * end.
   */
  | 'not-sent'
  /** concealed: nothing came for a while, and the delayed voice came after it. Nothing is lost. */
  | 'held-up'
  /** missing or concealed: packets of a line never came, or came too late to be used. */
  | 'lost'
  /** missing: nobody connected to the leg's port, or no sample ever came. */
  | 'never-came'
  /** missing: the leg began later than the call. */
  | 'late-start'
  /** missing or concealed: the stream stood still, and the voice of that time never came. */
  | 'stalled'
  /**
   * missing: samples came so long after those of the other leg that their place was final. concealed: packets came
   * after their playout time.
   */
  | 'late'
  /** missing: samples were dropped on the way to the recording. */
  | 'dropped'
  /** missing: the connection broke. */
  | 'connection-lost'
  /** missing: there was no room on the disk. */
  | 'disk-full'
  /** missing: the recording process was killed before it had written them. */
  | 'killed'
  /** masked: a card number was said, or pressed. */
  | 'card-spoken'
  | 'card-pressed'
  /** masked: a phrase of a list was said. */
  | 'phrase'
  /** masked: somebody asked for it. */
  | 'request'
  /** masked during the call: the words were not recognised in time. */
  | 'undecided';

/** Name of a stretch without samples. */
export interface GapName {
  readonly kind: 'idle' | 'missing';
  readonly reason: SpanReason;
}

/** A stretch that a stream leaves out, with its name. Positions and lengths are samples. */
export interface StreamGap extends GapName {
  readonly from: number;
  readonly samples: number;
}

/** One stretch of a leg. Positions and lengths are samples. */
export interface LedgerSpan {
  readonly from: number;
  readonly samples: number;
  readonly kind: SpanKind;
  readonly reason?: SpanReason;
}

/** Samples of a leg by kind; they add up to the length of the recording. */
export interface LedgerTotals extends Readonly<Record<Exclude<SpanKind, 'concealed'>, number>> {
  /** Absent for 0. */
  readonly concealed?: number;
}

/** Kinds of stretches that hold voice. */
const AUDIBLE: ReadonlySet<SpanKind> = new Set(['received', 'concealed']);
/** Reasons of a concealed stretch in which no voice is lost. */
const HARMLESS: ReadonlySet<SpanReason | undefined> = new Set(['held-up', 'not-sent']);

/** True for a stretch that holds voice, received or concealed. */
export function isAudible({ kind }: Pick<LedgerSpan, 'kind'>): boolean {
  return AUDIBLE.has(kind);
}

/**
 * True for a stretch in which voice is lost. Masking is intended and counts as no loss, except with the reason
 * `undecided`.
 */
export function isLoss({ kind, reason }: Pick<LedgerSpan, 'kind' | 'reason'>): boolean {
  if (kind === 'masked') return reason === 'undecided';
  return kind === 'missing' || (kind === 'concealed' && !HARMLESS.has(reason));
}

/** Number of samples of a leg in which voice is lost. */
export function lossOf({ spans }: Pick<LegLedger, 'spans'>): number {
  return spans.reduce((sum, span) => sum + (isLoss(span) ? span.samples : 0), 0);
}

/** The account of one leg, sample by sample. */
export interface LegLedger extends LedgerTotals {
  readonly spans: readonly LedgerSpan[];
}

/** Keeps the account of one leg, in order of position, without a hole. */
export class LedgerKeeper {
  readonly #spans: { from: number; samples: number; kind: SpanKind; reason: SpanReason | undefined }[] = [];
  readonly #onSpan: (span: LedgerSpan) => void;
  readonly #totals = { received: 0, idle: 0, masked: 0, missing: 0, concealed: 0 };
  /** Lost stretches that reach beyond the end. */
  #lost: { readonly from: number; readonly samples: number; readonly reason: SpanReason }[] = [];
  #end: number;

  /** @param onSpan Called for each stretch as it begins, with the length of its first piece. */
  constructor(start = 0, onSpan: (span: LedgerSpan) => void = () => undefined) {
    this.#end = start;
    this.#onSpan = onSpan;
  }

  /** Position after the last sample that has an entry. */
  get end(): number {
    return this.#end;
  }

  /** Samples of a kind in all, including those that were forgotten. */
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
    } else {
      this.#spans.push({ from, samples, kind, reason });
      this.#onSpan(spanOf(from, samples, kind, reason));
    }
    if (this.#lost.length > 0) this.#loseMore(from);
  }

  /** Marks a stretch that the line concealed. Changes only the received parts of it. */
  conceal(from: number, samples: number, reason: SpanReason): void {
    this.#rename(from, samples, { kind: 'concealed', reason });
  }

  /**
   * Marks a stretch whose voice is lost, and that is silent instead of it. Changes only the received parts of it, those
   * that come later too.
   */
  lose(from: number, samples: number, reason: SpanReason): void {
    this.#rename(from, samples, { kind: 'missing', reason });
    if (from + samples > this.#end) this.#lost.push({ from, samples, reason });
  }

  /** Marks lost stretches in what was added from `added` on. */
  #loseMore(added: number): void {
    for (const { from, samples, reason } of this.#lost.splice(0)) {
      const begin = Math.max(from, added);
      this.lose(begin, from + samples - begin, reason);
    }
  }

  /** Marks a stretch that a rule of masking made silent. Changes only the received parts of it. */
  mask(from: number, samples: number, reason: SpanReason): void {
    this.#rename(from, samples, { kind: 'masked', reason });
  }

  #rename(
    from: number,
    samples: number,
    name: { readonly kind: SpanKind; readonly reason: SpanReason },
  ): void {
    const end = from + samples;
    for (let at = this.#spans.length - 1; at >= 0; at--) {
      const span = this.#spans[at];
      if (!span || span.from + span.samples <= from) break;
      if (span.from >= end || !isAudible(span)) continue;
      const begin = Math.max(from, span.from);
      const rest = span.from + span.samples - Math.min(end, span.from + span.samples);
      const named = span.samples - rest - (begin - span.from);
      this.#totals[span.kind] -= named;
      this.#totals[name.kind] += named;
      const parts = [
        { ...span, samples: begin - span.from },
        { from: begin, samples: named, ...name },
        { ...span, from: begin + named, samples: rest },
      ].filter((part) => part.samples > 0);
      this.#spans.splice(at, 1, ...parts);
    }
  }

  /** Returns the account of [from, to), with positions that count from `from`. */
  slice(from: number, to: number): LegLedger {
    const spans: LedgerSpan[] = [];
    for (const span of this.#spans) {
      const begin = Math.max(from, span.from);
      const end = Math.min(to, span.from + span.samples);
      if (begin >= end) continue;
      const last = spans.at(-1);
      // Stretches that were named one by one may be adjacent.
      if (last && last.kind === span.kind && last.reason === span.reason)
        spans[spans.length - 1] = { ...last, samples: last.samples + end - begin };
      else spans.push(spanOf(begin - from, end - begin, span.kind, span.reason));
    }
    return ledgerOf(spans);
  }

  /** Returns the stretches that reach beyond `position`, and always the newest one, since it may still grow. */
  since(position: number): LedgerSpan[] {
    const first = this.#spans.findLastIndex((span) => span.from + span.samples <= position) + 1;
    return this.#spans
      .slice(Math.min(first, Math.max(0, this.#spans.length - 1)))
      .map(({ from, samples, kind, reason }) => spanOf(from, samples, kind, reason));
  }

  /** Forgets stretches that end before `position`. */
  forget(position: number): void {
    const kept = this.#spans.findIndex((span) => span.from + span.samples > position);
    this.#spans.splice(0, kept < 0 ? this.#spans.length : kept);
  }
}

/** The ledger with these spans. */
export function ledgerOf(spans: readonly LedgerSpan[]): LegLedger {
  const { concealed, ...totals } = totalsOf(spans);
  return { ...totals, ...(concealed > 0 && { concealed }), spans };
}

function totalsOf(spans: readonly LedgerSpan[]): Record<SpanKind, number> {
  const totals = { received: 0, idle: 0, masked: 0, missing: 0, concealed: 0 };
  for (const { kind, samples } of spans) totals[kind] += samples;
  return totals;
}

function spanOf(from: number, samples: number, kind: SpanKind, reason: SpanReason | undefined): LedgerSpan {
  return reason === undefined ? { from, samples, kind } : { from, samples, kind, reason };
}
