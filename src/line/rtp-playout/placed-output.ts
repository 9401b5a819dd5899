import { msToSamples } from '../../base/pcm.js';
import type { CancelTimer, Clock } from '../../base/time/clock.js';
import type { StreamGap } from '../../stream/align/ledger.js';
import type { FedStream } from '../../stream/fed-stream.js';
import { RateDoubler } from '../../voice/resample/half-band.js';

/** Time whose packets are written together to a stream of the batched class, in ms. */
const BATCH_MS = 350;
/** Time after which a batch is written when no packet of the next one has come, in ms. */
const LAST_MS = 400;
/** Most samples of the codec in a batch. */
const MOST_BATCHED = msToSamples(500);

/** Voice that waits to be written, at the rate of the codec. */
interface Batch {
  samples: Int16Array;
  count: number;
  /** Number of the batch, by the arrival of its packets. */
  number: number;
  /** Time at which its first packet was taken. */
  sinceMs: number;
  cancelTimer: CancelTimer | undefined;
}

/** Memory of what is written. The stream needs it only during a write, so all outputs of a thread share it. */
let written = new Int16Array();

function reused(length: number): Int16Array {
  if (written.length < length) written = new Int16Array(length);
  return written.subarray(0, length);
}

/**
 * Writes voice to a stream at 16 kHz, piece by piece, and in batches if the stream asks for them. The batches of both
 * sides of a call end at the same times, so that a recording writes them together.
 */
export class PlacedOutput {
  readonly #clock: Clock;
  readonly #stream: FedStream;
  readonly #originMs: number;
  #doubler: RateDoubler | undefined;
  /** End of what was written. */
  #written = 0;
  readonly #batch: Batch = {
    ...{ samples: new Int16Array(), count: 0, number: 0, sinceMs: 0, cancelTimer: undefined },
  };

  /** @param originMs Time from which batches are counted. */
  constructor(clock: Clock, stream: FedStream, originMs: number) {
    this.#clock = clock;
    this.#stream = stream;
    this.#originMs = originMs;
  }

  /** Begins another voice, at 8000 or 16,000 Hz. */
  changeRate(sampleRate: number): void {
    this.flush();
    this.#doubler = sampleRate === 8000 ? new RateDoubler(reused) : undefined;
  }

  /** Writes voice of the codec that has arrived at `atMs` to the stream, at once or in a batch. */
  put(samples: Int16Array, atMs: number): void {
    if (this.#stream.readClass === 'batched' && samples.length <= MOST_BATCHED) this.#keep(samples, atMs);
    else {
      this.#writeBatch();
      this.#write(samples);
    }
  }

  /** Writes everything that waits, including the samples that the resampler still holds. */
  flush(): void {
    this.#batch.cancelTimer?.();
    this.#batch.cancelTimer = undefined;
    this.#writeBatch();
    if (this.#doubler) this.#writeOut(this.#doubler.flush());
  }

  /** Leaves out stretches, each with its reason, and goes on at `place`. */
  leaveOut(gaps: readonly StreamGap[], place: number): void {
    this.flush();
    for (const gap of gaps) if (gap.samples > 0) this.#stream.leaveOut(gap);
    this.#written = place;
  }

  #keep(samples: Int16Array, atMs: number): void {
    const batch = this.#batch;
    const number = Math.floor((atMs - this.#originMs) / BATCH_MS);
    if (number !== batch.number || batch.count + samples.length > MOST_BATCHED) this.#writeBatch();
    if (batch.count === 0) this.#begin(number);
    batch.samples.set(samples, batch.count);
    batch.count += samples.length;
  }

  #begin(number: number): void {
    const batch = this.#batch;
    if (batch.samples.length === 0) batch.samples = new Int16Array(MOST_BATCHED);
    batch.number = number;
    batch.sinceMs = this.#clock.now();
    batch.cancelTimer ??= this.#clock.timerAt(batch.sinceMs + LAST_MS, () => this.#look());
  }

  /** Writes a batch that has waited for long enough. The timer is not set anew for each batch. */
  #look(): void {
    const batch = this.#batch;
    batch.cancelTimer = undefined;
    if (batch.count === 0) return;
    const dueMs = batch.sinceMs + LAST_MS;
    if (this.#clock.now() >= dueMs) this.#writeBatch();
    else batch.cancelTimer = this.#clock.timerAt(dueMs, () => this.#look());
  }

  #writeBatch(): void {
    const { samples, count } = this.#batch;
    this.#batch.count = 0;
    if (count > 0) this.#write(samples.subarray(0, count));
  }

  #write(samples: Int16Array): void {
    this.#writeOut(this.#doubler ? this.#doubler.push(samples) : samples);
  }

  #writeOut(samples: Int16Array): void {
    this.#stream.write(samples, this.#written);
    this.#written += samples.length;
  }
}
