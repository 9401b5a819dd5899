import type { PcmFormat } from '../../pcm.js';
import type { BufferBudget } from '../receive/buffer-budget.js';
import { FanOut, type FanOutOwner } from '../receive/fan-out.js';
import type { SampleTimeline } from '../sample-timeline.js';
import { bytesOf, PacedWriter, type PacedWriterOptions } from './paced-writer.js';

/** Where an outlet's bytes go. */
export interface ByteOutput {
  /** False when no more can be taken until {@link StreamOutlet.unblock}. */
  write(bytes: Uint8Array): boolean;
}

export interface StreamOutletOwner extends Omit<FanOutOwner, 'pressed'> {
  /** Samples have left. */
  sent(): void;
  /** The last sample has left. */
  ended(): void;
}

/** The sending half of a lease: its player, and the taps of what has left. */
export class StreamOutlet {
  readonly player: PacedWriter;
  readonly taps: FanOut;
  readonly #owner: StreamOutletOwner;
  #bytes = 0;

  constructor(
    format: PcmFormat,
    options: PacedWriterOptions,
    budget: BufferBudget,
    owner: StreamOutletOwner,
  ) {
    this.#owner = owner;
    this.player = new PacedWriter(options);
    this.taps = new FanOut(format, budget, {
      pressed: (pressed) => this.player.hold(pressed),
      overflowed: (feed) => owner.overflowed(feed),
      failed: (feed, error) => owner.failed(feed, error),
      drained: () => owner.drained(),
    });
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Begins to send to `output`, as far as `timeline` goes. */
  start(output: ByteOutput, timeline: SampleTimeline): void {
    const write = (samples: Int16Array, position: number) => {
      const bytes = bytesOf(samples);
      this.#bytes += bytes.length;
      const room = output.write(bytes);
      this.taps.write(samples, position);
      this.#owner.sent();
      return room;
    };
    this.player.start({ write, end: () => this.#owner.ended() }, timeline);
  }
}
