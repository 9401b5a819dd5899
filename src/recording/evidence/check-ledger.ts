import { isAudible, type LedgerSpan, type LegLedger, ledgerOf } from '../../stream/align/ledger.js';

const KINDS = ['received', 'idle', 'masked', 'missing', 'concealed'] as const;

/**
 * Checks a ledger from a file against its samples. The spans must follow each other without a hole, and add up to the
 * totals and the length. Spans without audio must be silent.
 */
export class LedgerCheck {
  readonly #ledger: LegLedger | undefined;
  readonly #silent: readonly LedgerSpan[];
  #position = 0;
  #sound: number | undefined;
  #next = 0;

  /** @param ledger Parsed value. A value that is not a ledger is a fault. */
  constructor(ledger: unknown) {
    this.#ledger = isLedger(ledger) ? ledger : undefined;
    this.#silent = this.#ledger?.spans.filter((span) => !isAudible(span)) ?? [];
  }

  /** Takes the samples of the leg in order. */
  push(samples: Int16Array): void {
    const end = this.#position + samples.length;
    for (let span = this.#silent[this.#next]; span && span.from < end; span = this.#silent[this.#next]) {
      const from = Math.max(span.from, this.#position);
      const to = Math.min(span.from + span.samples, end);
      const part = samples.subarray(from - this.#position, to - this.#position);
      if (this.#sound === undefined && part.some((sample) => sample !== 0)) this.#sound = from;
      if (span.from + span.samples > end) break;
      this.#next++;
    }
    this.#position = end;
  }

  /**
   * The first fault, if there is one.
   * @param samples Expected length. Default: the number of pushed samples.
   */
  fault(samples = this.#position): string | undefined {
    if (!this.#ledger) return 'The leg has no ledger.';
    const { spans } = this.#ledger;
    let end = 0;
    for (const span of spans) {
      if (span.from !== end) return `The ledger has a gap or an overlap at ${end}.`;
      end += span.samples;
    }
    const summed = ledgerOf(spans);
    const wrong = KINDS.find((kind) => (summed[kind] ?? 0) !== (this.#ledger?.[kind] ?? 0));
    if (wrong)
      return `The ledger counts ${this.#ledger[wrong]} ${wrong}, but its spans add up to ${summed[wrong]}.`;
    if (end !== samples) return `The ledger accounts for ${end} samples; the file has ${samples}.`;
    if (this.#sound !== undefined) return `There is sound at ${this.#sound}, where the ledger has silence.`;
    return undefined;
  }
}

function isLedger(value: unknown): value is LegLedger {
  if (typeof value !== 'object' || value === null || !('spans' in value)) return false;
  return Array.isArray(value.spans) && value.spans.every(isSpan);
}

function isSpan(value: unknown): value is LedgerSpan {
  if (typeof value !== 'object' || value === null || !('kind' in value)) return false;
  const { from, samples, kind } = value as Partial<LedgerSpan>;
  return Number.isSafeInteger(from) && Number.isSafeInteger(samples) && KINDS.some((known) => known === kind);
}
