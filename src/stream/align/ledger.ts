/** A side of a call: the audio that was sent (left in a recording), or that of the other party (right). */
export type LegName = 'local' | 'remote';

/** End of each leg of a recording, in samples. */
export type LegEnds = Readonly<Record<LegName, number>>;

/**
 * The kind of a stretch of a leg in a recording. `received`: it came over the leg's stream. `idle`: silence where the
 * leg had nothing to carry (a hold, a leg that was not wanted, one that had ended). `masked`: silence put in place
 * of what came, because the recording was paused, or by a rule of masking. `missing`: silence in place of audio that should be there.
 * `concealed`: it came, but the line had made it up in place of what it did not have; the reason says why.
 */
export type SpanKind = 'received' | 'idle' | 'masked' | 'missing' | 'concealed';

/** The reason why a stretch is idle, missing or concealed, or the rule by which it was masked. */
export type SpanReason =
  /** idle: the call was on hold. */
  | 'hold'
  /** idle: the leg was not asked for. */
  | 'not-wanted'
  /** idle: the leg had ended before the recording did. */
  | 'ended'
  /** idle or concealed: the other side sent nothing: a line that leaves silence out, or up to half a second at the end. */
  | 'not-sent'
  /** concealed: nothing came for a while, and what was said came after it: nothing is lost. */
  | 'held-up'
  /** missing or concealed: packets of a line that never came, or so late that they were no longer waited for. */
  | 'lost'
  /** missing: nobody connected to the leg's port, or no sample ever came. */
  | 'never-came'
  /** missing: the leg began later than the call. */
  | 'late-start'
  /** missing or concealed: the stream stood still, and what was said meanwhile never came. */
  | 'stalled'
  /** missing: samples came, but so long after the other leg's that their place was final. concealed: after their time. */
  | 'late'
  /** missing: samples were given up on the way to the recording. */
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
  /** masked while the call went on: it was not known in time what was said. */
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
/** Reasons of a stretch that was made up for which nothing is lost that was said. */
const HARMLESS: ReadonlySet<SpanReason | undefined> = new Set(['held-up', 'not-sent']);

/** True for a stretch that holds voice, its own or made up. */
export function isAudible({ kind }: Pick<LedgerSpan, 'kind'>): boolean {
  return AUDIBLE.has(kind);
}

/**
 * True for a stretch in which something is lost that was said. Masking is meant, and loses nothing, unless it was not
 * known what was said.
 */
export function isLoss({ kind, reason }: Pick<LedgerSpan, 'kind' | 'reason'>): boolean {
  if (kind === 'masked') return reason === 'undecided';
  return kind === 'missing' || (kind === 'concealed' && !HARMLESS.has(reason));
}

/** Samples of a leg in which something is lost that was said. */
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

  /** Names a stretch that the line made up. Of what is there, it changes what came. */
  conceal(from: number, samples: number, reason: SpanReason): void {
    this.#rename(from, samples, { kind: 'concealed', reason });
  }

  /** Names a stretch that was made silent by a rule. Of what is there, it changes what came. */
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

  /** The account of [from, to), its positions counted from `from`. */
  slice(from: number, to: number): LegLedger {
    const spans: LedgerSpan[] = [];
    for (const span of this.#spans) {
      const begin = Math.max(from, span.from);
      const end = Math.min(to, span.from + span.samples);
      if (begin >= end) continue;
      const last = spans.at(-1);
      // Stretches that were named one by one may lie side by side.
      if (last && last.kind === span.kind && last.reason === span.reason)
        spans[spans.length - 1] = { ...last, samples: last.samples + end - begin };
      else spans.push(spanOf(begin - from, end - begin, span.kind, span.reason));
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
