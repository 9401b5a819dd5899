import type { PcmSink } from '../../pcm.js';

/** A sink that takes positions counted from `start`. */
export function shifted(sink: PcmSink, start: number): PcmSink {
  return {
    write: (samples, position) => sink.write(samples, position + start),
    end: (error) => sink.end(error),
  };
}

/**
 * A sink for a leg whose place in the call shows only when it comes: it ends where the other leg does, as soon as
 * both sockets were read. Until then, two turns of the event loop, its samples are kept.
 *
 * @param startOf Where a leg of `samples` begins that has just come up to now.
 */
export function placedOnArrival(sink: PcmSink, startOf: (samples: number) => number): PcmSink {
  const early: { readonly samples: Int16Array; readonly position: number }[] = [];
  let placed: PcmSink | undefined;
  const place = async (): Promise<PcmSink> => {
    if (placed) return placed;
    const last = early.at(-1);
    placed = shifted(sink, startOf(last ? last.position + last.samples.length : 0));
    for (const { samples, position } of early.splice(0)) await placed.write(samples, position);
    return placed;
  };
  return {
    write(samples, position) {
      if (placed) return placed.write(samples, position);
      early.push({ samples: samples.slice(), position });
      if (early.length === 1) {
        // What goes wrong comes out with the next write.
        setImmediate(() => setImmediate(() => place().catch(() => undefined)));
      }
      return undefined;
    },
    end: async (error) => (await place()).end(error),
  };
}
