import type { LegEnds, LegName } from './ledger.js';
import type { SpokenOver } from './spoken-over.js';
import { StereoWindow } from './stereo-window.js';
import type { PlacedSamples, Stretch } from './stretch-list.js';

/** Takes the output of a {@link LegAligner}: interleaved stereo with the local leg on the left. */
export interface AlignedSink {
  /**
   * Takes the newest state of a stretch. A later call may write the stretch again when a lagging leg has come in. A
   * stretch never begins after the end of what was written before.
   */
  write(samples: Int16Array, position: number): void | Promise<void>;
  /** Takes a stretch that will not change any more. Stretches come in order, without a hole. */
  final(samples: Int16Array, position: number): void | Promise<void>;
  /**
   * Called when a round of writes is over. The recording reaches to `end`, the legs to `legs.local` and `legs.remote`.
   */
  flushed?(end: number, legs: LegEnds): void | Promise<void>;
}

/** Samples that are put: those of a leg, or those that lie over the local leg. */
export type PutName = LegName | 'spoken';

const CHANNELS = { local: 0, remote: 1, spoken: 0 } as const satisfies Record<PutName, 0 | 1>;

/**
 * Writes the two legs to a sink. It writes each stretch whenever it has changed, and once more when it is final, in
 * order and without a hole. A final stretch does not change any more.
 */
export class AlignedOutput {
  /** Voice that lies over the local leg. */
  readonly spoken: SpokenOver;
  readonly #sink: AlignedSink;
  readonly #window = new StereoWindow();
  /** Stretch that each leg has brought since the last round. */
  readonly #changed: Readonly<Record<PutName, Stretch>> = {
    local: { from: 0, to: 0 },
    remote: { from: 0, to: 0 },
    spoken: { from: 0, to: 0 },
  };
  /** Samples that are kept while nothing is written; undefined once everything is written. */
  #retained: number | undefined;
  #written = 0;
  #finalEnd = 0;

  constructor(sink: AlignedSink, spoken: SpokenOver) {
    this.spoken = spoken;
    this.#sink = sink;
  }

  /** Position up to which nothing changes any more. */
  get finalEnd(): number {
    return this.#finalEnd;
  }

  /** True while nothing is written. */
  get retaining(): boolean {
    return this.#retained !== undefined;
  }

  /** Writes nothing and keeps the newest `samples`, until {@link begin}. */
  retain(samples: number): void {
    this.#retained = samples;
  }

  /** Writes what was retained of a recording that reaches to `end`, and everything that comes from now on. */
  begin(end: number): void {
    if (this.#retained === undefined) return;
    this.#finalEnd = Math.max(this.#finalEnd, end - this.#retained);
    this.#written = this.#finalEnd;
    this.#retained = undefined;
  }

  /** Takes samples in order. None of them may lie before {@link finalEnd}. */
  put(leg: PutName, placed: readonly PlacedSamples[]): void {
    const changed = this.#changed[leg];
    const parts = leg === 'local' ? this.spoken.uncovered(placed) : placed;
    for (const { samples, position } of parts) {
      this.#window.put(CHANNELS[leg], position, samples);
      if (changed.to === changed.from) changed.from = position;
      changed.to = position + samples.length;
    }
  }

  /** Releases samples that are too old to be retained, of a recording that reaches to `end`. */
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

  /** Makes everything before `end` final. */
  async finalize(end: number): Promise<void> {
    for (const { samples, position } of this.#window.pieces(this.#finalEnd, end)) {
      await this.#sink.final(samples, position);
    }
    this.#release(end);
  }

  #release(end: number): void {
    this.#finalEnd = Math.max(this.#finalEnd, end);
    this.#window.release(this.#finalEnd);
    this.spoken.forget(this.#finalEnd);
  }

  /** Stretches that have changed since the last time, up to `end`: at least one, in order. */
  #takeChanged(end: number): Stretch[] {
    const stretches = [{ from: Math.min(this.#written, end), to: end }];
    for (const changed of Object.values(this.#changed)) {
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
