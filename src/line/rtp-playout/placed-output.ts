import { msToSamples } from '../../base/pcm.js';
import type { CancelTimer, Clock } from '../../base/time/clock.js';
import type { StreamGap } from '../../stream/align/ledger.js';
import type { FedStream } from '../../stream/fed-stream.js';
import { RateDoubler } from '../../voice/resample/half-band.js';

/** Longest time, in ms, and most samples of the codec in one write to a stream of the batched class. */
const BATCH_MS = 250;
const MOST_BATCHED = msToSamples(500);

/** Writes voice to a stream at 16 kHz, piece by piece, and in batches if the stream asks for them. */
export class PlacedOutput {
  readonly #clock: Clock;
  readonly #stream: FedStream;
  #doubler: RateDoubler | undefined;
  /** End of what was written. */
  #written = 0;
  /** Voice that waits to be written, at the rate of the codec. */
  readonly #batch: { samples: Int16Array; count: number; cancelTimer: CancelTimer | undefined } = {
    ...{ samples: new Int16Array(), count: 0, cancelTimer: undefined },
  };

  constructor(clock: Clock, stream: FedStream) {
    this.#clock = clock;
    this.#stream = stream;
  }

  /** Begins another voice, at 8000 or 16,000 Hz. */
  changeRate(sampleRate: number): void {
    this.flush();
    this.#doubler = sampleRate === 8000 ? new RateDoubler() : undefined;
  }

  /** Writes voice of the codec to the stream, at once or in a batch. */
  put(samples: Int16Array): void {
    if (this.#stream.readClass === 'batched' && samples.length <= MOST_BATCHED) this.#keep(samples);
    else {
      this.#writeBatch();
      this.#write(samples);
    }
  }

  /** Writes everything that waits, including the samples that the resampler still holds. */
  flush(): void {
    this.#writeBatch();
    if (this.#doubler) this.#writeOut(this.#doubler.flush());
  }

  /** Leaves out stretches, each with its reason, and goes on at `place`. */
  leaveOut(gaps: readonly StreamGap[], place: number): void {
    this.flush();
    for (const gap of gaps) if (gap.samples > 0) this.#stream.leaveOut(gap);
    this.#written = place;
  }

  #keep(samples: Int16Array): void {
    const batch = this.#batch;
    if (batch.count + samples.length > MOST_BATCHED) this.#writeBatch();
    if (batch.samples.length === 0) batch.samples = new Int16Array(MOST_BATCHED);
    batch.samples.set(samples, batch.count);
    batch.count += samples.length;
    batch.cancelTimer ??= this.#clock.timerAt(this.#clock.now() + BATCH_MS, () => this.#writeBatch());
  }

  #writeBatch(): void {
    const { samples, count, cancelTimer } = this.#batch;
    cancelTimer?.();
    this.#batch.cancelTimer = undefined;
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
