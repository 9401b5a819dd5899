import type { PcmSink } from '../base/pcm.js';
import { LedgerKeeper, type LegLedger } from '../stream/align/ledger.js';
import type { SampleTimeline } from '../stream/sample-timeline.js';

/** Silence that is written at once where samples are missing: a second. */
const SILENCE = new Int16Array(16_000);

/**
 * Hands a voicemail's stream on without a hole, and keeps the account of it, sample by sample: what the stream's
 * policy gave up on the way becomes silence of exactly that length, which the ledger calls missing.
 */
export class LedgerSink implements PcmSink {
  readonly #sink: PcmSink;
  readonly #keeper = new LedgerKeeper();
  #stream: SampleTimeline | undefined;
  /** A stream that is aborted ends its sinks in the middle of a write. */
  #writing: Promise<void> = Promise.resolve();

  constructor(sink: PcmSink) {
    this.#sink = sink;
  }

  /** Account of each sample so far; its spans add up to the samples that the sink was given. */
  get ledger(): LegLedger {
    return this.#keeper.slice(0, this.#keeper.end);
  }

  /** Samples that the sink was given, silence included. */
  get length(): number {
    return this.#keeper.end;
  }

  /** Tells where the stream is, so that samples that were given up at its end are seen to be missing too. */
  follow(stream: SampleTimeline): void {
    this.#stream = stream;
  }

  write(samples: Int16Array, position: number): Promise<void> {
    this.#writing = this.#write(samples, position);
    return this.#writing;
  }

  async end(error?: Error): Promise<void> {
    await this.#writing.catch(() => undefined);
    if (!error) await this.#fillTo(this.#stream?.position ?? 0);
    await this.#sink.end(error);
  }

  async #write(samples: Int16Array, position: number): Promise<void> {
    await this.#fillTo(position);
    await this.#sink.write(samples, this.#keeper.end);
    this.#keeper.add('received', samples.length);
  }

  async #fillTo(position: number): Promise<void> {
    while (this.#keeper.end < position) {
      const silence = SILENCE.subarray(0, Math.min(SILENCE.length, position - this.#keeper.end));
      await this.#sink.write(silence, this.#keeper.end);
      this.#keeper.add('missing', silence.length, 'dropped');
    }
  }
}
