import { type PcmSink, VOICE_FORMAT } from '../../../src/base/pcm.js';
import { BufferBudget } from '../../../src/stream/receive/buffer-budget.js';
import { FanOut } from '../../../src/stream/receive/fan-out.js';
import type { SinkOptions } from '../../../src/stream/sink.js';
import { CollectingSink, ramp } from '../../tcp/peers.js';

/** A sink that takes a run each time it is told to. */
export class GatedSink extends CollectingSink implements PcmSink {
  #taken: (() => void) | undefined;

  override write(samples: Int16Array, position: number): Promise<void> {
    super.write(samples, position);
    return new Promise((resolve) => {
      this.#taken = resolve;
    });
  }

  async step(): Promise<void> {
    const taken = this.#taken;
    this.#taken = undefined;
    taken?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

export function fanOut(budget = new BufferBudget(2 ** 30, () => {})) {
  const told: string[] = [];
  const fan = new FanOut(VOICE_FORMAT, budget, {
    pressed: (feed) => told.push(feed ? `pressed by ${feed.name}` : 'relieved'),
    overflowed: (feed) => told.push(`overflow ${feed.policy}`),
    failed: (feed, error) => told.push(`failed ${feed.name} ${error.message}`),
    drained: () => told.push('drained'),
  });
  return { fan, told };
}

export function writeFrames(fan: FanOut, frames: number, from = 0): void {
  for (let frame = from; frame < from + frames; frame++) fan.write(ramp(320, frame * 320), frame * 320);
}

export const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

export async function drain(sink: GatedSink): Promise<void> {
  for (let runs = -1; runs !== sink.runs.length || sink.ended === 0; ) {
    runs = sink.runs.length;
    await sink.step();
  }
}

/** 100 ms of buffer: the first frame is in the sink, four wait, the rest is too much. */
export const small: SinkOptions = { maxBufferedMs: 100 };
