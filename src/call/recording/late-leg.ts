import type { PcmSink } from '../../pcm.js';

/** A sink that takes positions counted from `start`. */
export function shifted(sink: PcmSink, start: number): PcmSink {
  return {
    write: (samples, position) => sink.write(samples, position + start),
    end: (error) => sink.end(error),
  };
}

/** Writes that may be under way before a leg is held back: some seconds of a slow disk. */
const MOST_WRITES = 16;

/**
 * A sink that takes samples as they come, though what came before is still being written: when they came tells where
 * they belong. Only a disk that is far behind holds them back.
 */
export function timedOnArrival(sink: PcmSink): PcmSink {
  let writes = 0;
  let failed: Promise<void> | undefined;
  return {
    write(samples, position) {
      if (failed) return failed;
      const written = sink.write(samples, position);
      if (!written) return undefined;
      writes++;
      const settled = written.finally(() => writes--);
      settled.catch(() => {
        failed = settled;
      });
      return writes > MOST_WRITES ? settled : undefined;
    },
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
