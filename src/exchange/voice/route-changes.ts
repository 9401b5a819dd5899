import type { StreamStats, VoiceDestination, VoiceSource } from './stream.js';

/** The streams of a call that can be redirected, named as the properties of the CALL object. */
export type RedirectedStream = 'INPUT' | 'OUTPUT' | 'CAPTURE_MIC';

/** A stream, and the target that it was opened for as a client writes it. */
export interface Routed<T> {
  readonly target: string;
  readonly stream: T;
}

/** Called with the last statistics of a stream that was flushed and closed; with an `error` where it could not be. */
export type StreamClosed = (stream: RedirectedStream, stats: StreamStats, error?: unknown) => void;

/**
 * Changes of the routes of one voice. Those of one stream are made one after the other. Streams that are no longer
 * routed are flushed and closed without holding up the call.
 */
export class RouteChanges {
  readonly #closed: StreamClosed;
  readonly #turns: Partial<Record<RedirectedStream, Promise<unknown>>> = {};
  #closing: Promise<void> = Promise.resolve();
  #isOver = false;

  constructor(closed: StreamClosed) {
    this.#closed = closed;
  }

  /** Runs `change` when the earlier changes of this stream are made. */
  inTurn<T>(kind: RedirectedStream, change: () => Promise<T>): Promise<T> {
    const turn = (this.#turns[kind] ?? Promise.resolve()).then(change);
    this.#turns[kind] = turn.catch(() => undefined);
    return turn;
  }

  /** Closes the streams that are in `before` and not in `now`; once the conversation is over, those in `now`. */
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

  /** Has every later stream closed at once. Resolves when all that were closed are. */
  async end(): Promise<void> {
    this.#isOver = true;
    await this.#closing;
  }
}
