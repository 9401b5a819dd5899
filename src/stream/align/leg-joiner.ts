import type { Clock } from '../../base/time/clock.js';
import type { PcmStream } from '../pcm-stream.js';
import type { SinkHandle, SinkOptions } from '../sink.js';
import type { LegAligner } from './leg-aligner.js';
import { type JoiningSink, joiningSink, placedAt, timedOnArrival } from './placed-sink.js';

/** Feeds streams to a {@link LegAligner} as its legs, each at its place on the time line. */
export class LegJoiner {
  readonly #aligner: LegAligner;
  readonly #clock: Clock;
  readonly #options: SinkOptions;
  readonly #handles: SinkHandle[] = [];
  #remote: { readonly stream: PcmStream; readonly start: number } | undefined;
  #joining: JoiningSink | undefined;

  /** @param options Options of the sinks that are added to the streams. */
  constructor(aligner: LegAligner, clock: Clock, options: SinkOptions) {
    this.#aligner = aligner;
    this.#clock = clock;
    this.#options = options;
  }

  /** True once there is a remote leg. */
  get hasRemote(): boolean {
    return this.#remote !== undefined;
  }

  /** Takes what `stream` receives as the remote leg. @param start Place of the stream's position 0 on the time line. */
  addRemote(stream: PcmStream, start: number): void {
    this.#remote = { stream, start };
    const sink = timedOnArrival(placedAt(this.#aligner.remote, start));
    this.#handles.push(stream.addSink(sink, this.#options));
  }

  /** Takes what `stream` receives as the local leg. @param start as of {@link addRemote}. */
  addReceived(stream: PcmStream, start: number): void {
    const sink = timedOnArrival(placedAt(this.#aligner.local, start));
    this.#handles.push(stream.addSink(sink, this.#options));
  }

  /** Takes what `stream` receives as the local leg. The remote stream paces it. */
  addPaced(stream: PcmStream, start: number): void {
    this.#aligner.follow();
    const sink = timedOnArrival(placedAt(this.#aligner.local, start));
    this.#handles.push(stream.addSink(sink, this.#options));
  }

  /** Takes what is played into `stream` as the local leg. @param start as of {@link addRemote}. */
  addSent(stream: PcmStream, start: number): void {
    this.#aligner.follow();
    const sink = timedOnArrival(placedAt(this.#aligner.local, start));
    this.#handles.push(stream.addSentTap(sink, this.#options));
  }

  /**
   * Takes what another program says in place of the local leg ({@link LegAligner.speak}). To be called once there is a
   * remote leg.
   *
   * @param start Position of the remote stream at which position 0 of `stream` lies.
   */
  addSpoken(stream: PcmStream, start: number): void {
    const sink = placedAt(this.#aligner.speak(), start + (this.#remote?.start ?? 0));
    this.#handles.push(stream.addSink(sink, this.#options));
  }

  /**
   * Places both streams by their positions alone ({@link LegAligner.byPosition}). To be called before they are added.
   */
  byPosition(): void {
    this.#aligner.byPosition();
  }

  /**
   * Takes what `stream` receives from now on as the local leg. It is placed at the position that the remote leg has
   * when it comes.
   *
   * @param earliest Earliest place at which the leg may begin.
   * @param onPlaced Called when the place is known.
   */
  addJoining(stream: PcmStream, earliest: number, onPlaced: () => void = () => undefined): void {
    this.#joining = joiningSink(timedOnArrival(this.#aligner.local), {
      clock: this.#clock,
      callAt: (atMs) => this.#aligner.expectedEnd(atMs),
      startOf: (samples) => Math.max(earliest, this.#remoteEnd - samples),
      onPlaced,
    });
    const sink = placedAt(this.#joining, -stream.received.position);
    this.#handles.push(stream.addSink(sink, this.#options));
  }

  /** Places the joining leg now, by what has come of it. */
  place(): void {
    this.#joining?.place();
  }

  /** Removes the sinks from the streams. */
  leave(): void {
    for (const handle of this.#handles) void handle.remove().catch(() => undefined);
  }

  /** Place that the remote leg has reached. */
  get #remoteEnd(): number {
    if (!this.#remote) return 0;
    const { stream, start } = this.#remote;
    return stream.received.position + start;
  }
}
