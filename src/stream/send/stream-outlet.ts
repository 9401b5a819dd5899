import type { PcmFormat } from '../../base/pcm.js';
import type { BufferBudget } from '../receive/buffer-budget.js';
import { FanOut, type FanOutOwner } from '../receive/fan-out.js';
import type { SampleTimeline } from '../sample-timeline.js';
import { bytesOf, PacedWriter, type PacedWriterOptions } from './paced-writer.js';

/** Takes the bytes of an outlet. */
export interface ByteOutput {
  /** Takes bytes. Returns false to ask for a pause until {@link StreamOutlet.unblock}. */
  write(bytes: Uint8Array): boolean;
}

export interface StreamOutletOwner extends FanOutOwner {
  /** Called when samples were sent. */
  sent(): void;
  /** Called when the last sample was sent. */
  ended(): void;
}

/** Number of listeners to the sent samples besides the taps: the peer, which a tap must not delay. */
const THE_PEER = 1;

/** The sending half of a lease: its player, and the taps of the sent samples. */
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
    const held: FanOutOwner = {
      pressed: (feed) => {
        this.player.hold(feed !== undefined);
        owner.pressed(feed);
      },
      overflowed: (feed) => owner.overflowed(feed),
      failed: (feed, error) => owner.failed(feed, error),
      drained: () => owner.drained(),
    };
    this.taps = new FanOut(format, budget, held, THE_PEER);
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
