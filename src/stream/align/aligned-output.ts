import type { PlacedSamples } from './aligned-leg.js';
import type { LegEnds, LegName } from './ledger.js';
import { StereoWindow } from './stereo-window.js';

/** Takes what a {@link LegAligner} puts together: interleaved stereo, left the local leg. */
export interface AlignedSink {
  /**
   * The newest state of a stretch. Later calls may repeat it, when the leg that lags has come in; a stretch never
   * begins beyond what was written before.
   */
  write(samples: Int16Array, position: number): void | Promise<void>;
  /** A stretch that will not change any more. In order, without a hole. */
  final(samples: Int16Array, position: number): void | Promise<void>;
  /** A round of writes is over; the recording reaches to `end`, the legs to `local` and `remote`. */
  flushed?(end: number, legs: LegEnds): void | Promise<void>;
}

/** Samples from `from` up to `to`, which is left out. */
interface Stretch {
  from: number;
  to: number;
}

const CHANNELS = { local: 0, remote: 1 } as const satisfies Record<LegName, 0 | 1>;

/**
 * Gives out what two legs put together: each stretch whenever it has changed, and once more, in order and without a hole,
 * when it is final. From then on it does not change.
 */
export class AlignedOutput {
  readonly #sink: AlignedSink;
  readonly #window = new StereoWindow();
  /** Stretch that each leg brought since the last round. */
  readonly #changed: Readonly<Record<LegName, Stretch>> = {
    local: { from: 0, to: 0 },
    remote: { from: 0, to: 0 },
  };
  /** Samples that are kept while nothing is given out; nothing once all is. */
  #retained: number | undefined;
  #written = 0;
  #finalEnd = 0;

  constructor(sink: AlignedSink) {
    this.#sink = sink;
  }

  /** Up to here nothing changes any more. */
  get finalEnd(): number {
    return this.#finalEnd;
  }

  /** True while nothing is given out. */
  get retaining(): boolean {
    return this.#retained !== undefined;
  }

  /** Gives nothing out, and keeps the newest `samples`, until {@link begin}. */
  retain(samples: number): void {
    this.#retained = samples;
  }

  /** Gives out what was retained of a recording that reaches to `end`, and all that comes. */
  begin(end: number): void {
    if (this.#retained === undefined) return;
    this.#finalEnd = Math.max(this.#finalEnd, end - this.#retained);
    this.#written = this.#finalEnd;
    this.#retained = undefined;
  }

  /** Takes samples of a leg, none of which lies before what is final. */
  put(leg: LegName, placed: readonly PlacedSamples[]): void {
    const changed = this.#changed[leg];
    for (const { samples, position } of placed) {
      this.#window.put(CHANNELS[leg], position, samples);
      if (changed.to === changed.from) changed.from = position;
      changed.to = position + samples.length;
    }
  }

  /** Forgets what is older than what is retained of a recording that reaches to `end`. */
  forget(end: number): void {
    this.#release(end - (this.#retained ?? 0));
  }

  /** Writes what has changed, up to `end`. */
  async write(end: number, legs: LegEnds): Promise<void> {
    for (const { from, to } of this.#takeChanged(end)) {
      for (const { samples, position } of this.#window.pieces(from, to)) {
        await this.#sink.write(samples, position);
      }
    }
    this.#written = Math.max(this.#written, end);
    await this.#sink.flushed?.(end, legs);
  }

  /** Makes all before `end` final. */
  async finalize(end: number): Promise<void> {
    for (const { samples, position } of this.#window.pieces(this.#finalEnd, end)) {
      await this.#sink.final(samples, position);
    }
    this.#release(end);
  }

  #release(end: number): void {
    this.#finalEnd = Math.max(this.#finalEnd, end);
    this.#window.release(this.#finalEnd);
  }

  /** Stretches that have changed since the last time, up to `end`: one or two, in order. */
  #takeChanged(end: number): Stretch[] {
    const stretches = [{ from: Math.min(this.#written, end), to: end }];
    for (const changed of [this.#changed.local, this.#changed.remote]) {
      const to = Math.min(changed.to, end);
      const from = Math.max(changed.from, this.#finalEnd);
      changed.from = changed.to;
      if (from < to) stretches.push({ from, to });
    }
    return merged(stretches.sort((a, b) => a.from - b.from));
  }
}

/** Joins stretches that touch or overlap; they are in order. */
function merged(stretches: readonly Stretch[]): Stretch[] {
  const joined: Stretch[] = [];
  for (const { from, to } of stretches) {
    const last = joined.at(-1);
    if (last && from <= last.to) last.to = Math.max(last.to, to);
    else joined.push({ from, to });
  }
  return joined;
}
