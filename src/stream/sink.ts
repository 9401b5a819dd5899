import type { PcmSink } from '../base/pcm.js';

/**
 * Rule for a sink that does not keep up and whose buffer is full. `wait`: the socket is paused and the peer is held
 * back, so nothing is lost. `drop-oldest`, `drop-newest`: samples are dropped and counted. `spill`: they go to a file
 * and are read back in order. `close`: the stream ends with ERR_SINK.
 */
export type SinkPolicy = 'wait' | 'drop-oldest' | 'drop-newest' | 'spill' | 'close';

export interface SinkOptions {
  /** Default `wait`. */
  policy?: SinkPolicy;
  /** Audio that may wait for the sink, in ms: 20 to 600,000. Default 1000. */
  maxBufferedMs?: number;
  /**
   * Low watermark, in ms: 0 to `maxBufferedMs - 1`. A stream that was held back goes on when no more audio than this
   * waits. A full buffer is reported again only after it had fallen to this. Default: half of `maxBufferedMs`.
   */
  resumeBelowMs?: number;
  /** Directory of the spill file. Default: the system's directory for temporary files. */
  spillDirectory?: string;
  /** Audio that the spill file may hold, in ms: 1000 to 86,400,000. What does not fit is dropped. Default 600,000. */
  maxSpilledMs?: number;
  /** Name of the sink in events and statistics. Default `sink`. */
  name?: string;
}

/** Samples (per channel) of one sink. `offered` = `delivered` + `dropped` + `buffered`. */
export interface SinkStats {
  readonly offered: number;
  readonly delivered: number;
  readonly dropped: number;
  /** Samples that went through the spill file; they are in `delivered` or `buffered` too. */
  readonly spilled: number;
  readonly buffered: number;
}

/** A sink on a stream. */
export interface SinkHandle {
  readonly name: string;
  readonly stats: SinkStats;
  /** Resolves when the sink was ended. Rejects with the error that the sink threw. */
  readonly done: Promise<SinkStats>;
  /** Removes the sink from the stream. The sink gets what waits for it, then `end()`. Resolves like `done`. */
  remove(): Promise<SinkStats>;
}

/** A sink whose `write` never returns a promise. Where possible it gets the read buffer itself, without a copy. */
export interface SynchronousSink extends PcmSink {
  readonly synchronous: true;
  write(samples: Int16Array, position: number): void;
}

/** A run of interleaved samples that begins at `position`. */
export interface PcmChunk {
  readonly samples: Int16Array;
  readonly position: number;
}

/**
 * A file to record to, as data, so that it can be opened and written in the thread that the stream is read in.
 * A container is described by its header: for a WAV file, its 44 bytes and two length fields,
 * `{ offset: 4, plus: 36 }` and `{ offset: 40, plus: 0 }`.
 */
export interface FileSinkSpec {
  readonly kind: 'file';
  readonly path: string;
  /** True to replace an existing file; otherwise an existing file is an error. Default false. */
  readonly overwrite?: boolean;
  /** Bytes before the samples, at most 4096. Default none: raw s16le. */
  readonly header?: Uint8Array;
  /** Unsigned 32-bit little-endian fields of the header that hold the number of sample bytes, plus `plus`. */
  readonly lengthFields?: readonly { readonly offset: number; readonly plus: number }[];
}
