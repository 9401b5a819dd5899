import type { StreamStats, VoiceDestination, VoiceSource } from './stream.js';

/** The streams of a call that can be redirected, named as the properties of the CALL object. */
export type RedirectedStream = 'INPUT' | 'OUTPUT' | 'CAPTURE_MIC';

/** A stream and its target, as written by the client. */
export interface Routed<T> {
  readonly target: string;
  readonly stream: T;
}

/** Called with the final statistics of a stream that was flushed and closed; with an `error` when that has failed. */
export type StreamClosed = (stream: RedirectedStream, stats: StreamStats, error?: unknown) => void;

/**
 * Changes of the routes of one voice. Changes of the same stream are made in order. Streams that are no longer routed
 * are flushed and closed without delaying the call.
 */
export class RouteChanges {
  readonly #closed: StreamClosed;
  readonly #turns: Partial<Record<RedirectedStream, Promise<unknown>>> = {};
  #closing: Promise<void> = Promise.resolve();
  #isOver = false;

  constructor(closed: StreamClosed) {
    this.#closed = closed;
  }

  /** Runs `change` after the earlier changes of this stream. */
  inTurn<T>(kind: RedirectedStream, change: () => Promise<T>): Promise<T> {
    const turn = (this.#turns[kind] ?? Promise.resolve()).then(change);
    this.#turns[kind] = turn.catch(() => undefined);
    return turn;
  }

  /**
   * Closes the streams that are in `before` but not in `now`. Once the conversation is over, it closes those in `now`.
   */
  closeGone<T extends VoiceSource | VoiceDestination>(
    kind: RedirectedStream,
    before: readonly Routed<T>[],
    now: readonly Routed<T>[],
  ): void {
    const kept = new Set(this.#isOver ? [] : now.map(({ stream }) => stream));
    const gone = (this.#isOver ? now : before).filter(({ stream }) => !kept.has(stream));
    if (gone.length === 0) return;
    const closed = gone.map(async ({ stream }) => {
      const error = await stream.close().then(
        () => undefined,
        (why: unknown) => why,
      );
      this.#closed(kind, stream.stats, error);
    });
    this.#closing = Promise.all([this.#closing, ...closed]).then(() => undefined);
  }

  /** Closes every later stream at once. Resolves when all streams are closed. */
  async end(): Promise<void> {
    this.#isOver = true;
    await this.#closing;
  }
}
