import type { PcmSink } from '../base/pcm.js';
import { LedgerKeeper, type LegLedger } from '../stream/align/ledger.js';
import type { SampleTimeline } from '../stream/sample-timeline.js';

/** Silence for missing samples, written in blocks of a second. */
const SILENCE = new Int16Array(16_000);

/**
 * Passes a voicemail's stream on without gaps, and keeps a ledger of all samples. Dropped samples are replaced by
 * silence of the same length, and count as missing in the ledger.
 */
export class LedgerSink implements PcmSink {
  readonly #sink: PcmSink;
  readonly #keeper = new LedgerKeeper();
  #stream: SampleTimeline | undefined;
  /** The current write: an aborted stream ends its sinks during a write. */
  #writing: Promise<void> = Promise.resolve();

  constructor(sink: PcmSink) {
    this.#sink = sink;
  }

  /** Account of all samples so far. Its spans add up to the samples written to the sink. */
  get ledger(): LegLedger {
    return this.#keeper.slice(0, this.#keeper.end);
  }

  /** Number of samples written to the sink, including silence. */
  get length(): number {
    return this.#keeper.end;
  }

  /** Sets the stream position source, so that samples dropped at the end also count as missing. */
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
