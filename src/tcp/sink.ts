import type { PcmSink } from '../pcm.js';

/**
 * What happens when a sink has not kept up and its buffer is full. `wait`: the socket is paused and the peer held
 * back, so that nothing is lost. `drop-oldest`, `drop-newest`: samples are dropped and counted. `spill`: they go
 * to a file and are read back in order. `close`: the stream ends with ERR_SINK.
 */
export type SinkPolicy = 'wait' | 'drop-oldest' | 'drop-newest' | 'spill' | 'close';

export interface SinkOptions {
  /** Default `wait`. */
  policy?: SinkPolicy;
  /** Audio that may wait for the sink, in ms: 20 to 600,000. Default 1000. */
  maxBufferedMs?: number;
  /** How events and statistics call the sink. Default `sink`. */
  name?: string;
}

/** Samples (per channel) of one sink. `offered` = `delivered` + `dropped` + `buffered`. */
export interface SinkStats {
  readonly offered: number;
  readonly delivered: number;
  readonly dropped: number;
  /** Those that went through the spill file; they are in `delivered` or `buffered` too. */
  readonly spilled: number;
  readonly buffered: number;
}

/** A sink on a stream. */
export interface SinkHandle {
  readonly name: string;
  readonly stats: SinkStats;
  /** Settles when the sink was ended. @throws what the sink threw. */
  readonly done: Promise<SinkStats>;
  /** Takes the sink off the stream: it gets what waits for it, then `end()`. Resolves like `done`. */
  remove(): Promise<SinkStats>;
}

/**
 * A sink whose `write` never returns a promise. It is handed the read buffer itself where possible, without a copy.
 */
export interface SynchronousSink extends PcmSink {
  readonly synchronous: true;
  write(samples: Int16Array, position: number): void;
}

/** A run of interleaved samples that begins at `position`. */
export interface PcmChunk {
  readonly samples: Int16Array;
  readonly position: number;
}
