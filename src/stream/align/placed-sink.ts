import { msToSamples, type PcmSink } from '../../base/pcm.js';
import type { Clock } from '../../base/time/clock.js';

/**
 * Makes a sink for a stream whose position 0 lies at `start`, which may be negative. Samples before place 0 are left
 * out.
 */
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
 * Samples that may wait to be written before a leg is held back: ten seconds for a slow disk, less than 1 MB of a call.
 * The limit is the same for legs of small and of large pieces, so neither falls behind the other because of it.
 */
const MOST_WAITING = msToSamples(10_000);

/**
 * Makes a sink that takes samples as they come, even while earlier ones are still being written: their time of arrival
 * tells where they belong. Only a disk that is far behind holds them back.
 */
export function timedOnArrival(sink: PcmSink): PcmSink {
  /** End of the written samples; undefined before the first piece. */
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

/** Time for which a new leg is watched, in ms. Some of its packets come without delay in that time. */
const WATCH_MS = 150;

/** Largest distance of packets that were sent at the same time, in samples: 10 ms. */
const SAME_PACKET = msToSamples(10);

/** A sink for a leg whose place in the call is known only after its first samples came. */
export interface JoiningSink extends PcmSink {
  /** Places what has come and ends the watch. Does nothing when the leg already has its place. */
  place(): void;
}

/** Options of a {@link joiningSink}. */
export interface JoiningOptions {
  readonly clock: Clock;
  /** Position of the call at `atMs`, in samples; undefined when that is not known. */
  callAt(atMs: number): number | undefined;
  /** Beginning of a leg of `samples` that ends where the other leg ends. */
  startOf(samples: number): number;
  /** Called when the place is known. */
  onPlaced(): void;
}

/**
 * Makes a sink that finds the place of a leg which joins a call by its first 150 ms. Packets come late, never early, so
 * the packet with the least delay tells the place. The samples are kept until then.
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
    // Legs whose packets come at the same time are placed side by side.
    const together = !Number.isFinite(start) || Math.abs(start - side) <= SAME_PACKET;
    return together ? side : Math.max(0, start);
  };
  const place = (): PcmSink => {
    if (placed) return placed;
    placed = placedAt(sink, startOfEarly());
    onPlaced();
    for (const { samples, position } of early.splice(0)) {
      // An error is reported by the next write.
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
