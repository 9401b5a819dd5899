import { msToSamples, type PcmSink } from '../../base/pcm.js';
import type { Clock } from '../../base/time/clock.js';

/** A sink for a stream whose position 0 lies at `start`, which may be negative; what would lie before 0 is left out. */
export function placedAt(sink: PcmSink, start: number): PcmSink {
  return {
    write(samples, position) {
      const place = position + start;
      if (place >= 0) return sink.write(samples, place);
      return -place < samples.length ? sink.write(samples.subarray(-place), 0) : undefined;
    },
    end: (error) => sink.end(error),
  };
}

/**
 * Samples that may be under way before a leg is held back: ten seconds of a slow disk, less than 1 MB of a call. It is as
 * much for a leg that comes in small pieces as for one that comes in large ones: neither falls behind the other for it.
 */
const MOST_WAITING = msToSamples(10_000);

/**
 * A sink that takes samples as they come, though what came before is still being written: when they came tells where
 * they belong. Only a disk that is far behind holds them back.
 */
export function timedOnArrival(sink: PcmSink): PcmSink {
  /** End of the written samples; nothing before the first piece. */
  let done: number | undefined;
  let failed: Promise<void> | undefined;
  return {
    write(samples, position) {
      if (failed) return failed;
      done ??= position;
      const end = position + samples.length;
      const written = sink.write(samples, position);
      if (!written) return undefined;
      const settled = written.finally(() => {
        done = end;
      });
      settled.catch(() => {
        failed = settled;
      });
      return end - done > MOST_WAITING ? settled : undefined;
    },
    end: (error) => sink.end(error),
  };
}

/** Time for which a new leg is watched, in ms: some of its packets come without delay meanwhile. */
const WATCH_MS = 150;

/** Packets that are no further apart than this, in samples, were sent at once: 10 ms. */
const SAME_PACKET = msToSamples(10);

/** A sink for a leg whose place in the call shows only when it comes. */
export interface JoiningSink extends PcmSink {
  /** Places what has come: nothing more is watched. Does nothing once it has its place. */
  place(): void;
}

/** Options of a {@link joiningSink}. */
export interface JoiningOptions {
  readonly clock: Clock;
  /** Position of the call at `atMs`, in samples; nothing where that is not known. */
  callAt(atMs: number): number | undefined;
  /** Beginning of a leg of `samples` that ends where the other one does. */
  startOf(samples: number): number;
  /** Told when the place is known. */
  onPlaced(): void;
}

/**
 * Places a leg that joins a call by its first 150 ms: packets come late, never early, so that the one with the least
 * delay tells where the leg is. Until then its samples are kept.
 */
export function joiningSink(sink: PcmSink, options: JoiningOptions): JoiningSink {
  const { clock, callAt, startOf, onPlaced } = options;
  const early: { readonly samples: Int16Array; readonly position: number; readonly atMs: number }[] = [];
  let placed: PcmSink | undefined;
  const startOfEarly = () => {
    const last = early.at(-1);
    const side = startOf(last ? last.position + last.samples.length : 0);
    const starts = early.map(
      ({ samples, position, atMs }) => (callAt(atMs) ?? Number.NaN) - position - samples.length,
    );
    const start = Math.min(...starts);
    // Where the packets of two legs come side by side, the legs lie side by side.
    const together = !Number.isFinite(start) || Math.abs(start - side) <= SAME_PACKET;
    return together ? side : Math.max(0, start);
  };
  const place = (): PcmSink => {
    if (placed) return placed;
    placed = placedAt(sink, startOfEarly());
    onPlaced();
    for (const { samples, position } of early.splice(0)) {
      // What goes wrong comes out with the next write.
      void Promise.resolve(placed.write(samples, position)).catch(() => undefined);
    }
    return placed;
  };
  return {
    place: () => void place(),
    write(samples, position) {
      if (placed) return placed.write(samples, position);
      const atMs = clock.now();
      early.push({ samples: samples.slice(), position, atMs });
      if (early.length === 1) clock.timerAt(atMs + WATCH_MS, () => void place());
      return undefined;
    },
    end: (error) => place().end(error),
  };
}
