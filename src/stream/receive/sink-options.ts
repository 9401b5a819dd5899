import { checkArgument, checkOptions, oneOf, path, type Rules, text, within } from '../../base/check.js';
import { invalidArgument } from '../../base/errors.js';
import { msToSamples, type PcmFormat, type PcmSink } from '../../base/pcm.js';
import type { FileSinkSpec, SinkOptions, SinkPolicy } from '../sink.js';
import { FileSink } from './file-sink.js';

export const POLICIES: readonly SinkPolicy[] = ['wait', 'drop-oldest', 'drop-newest', 'spill', 'close'];
/** The rules of {@link SinkOptions}. */
export const SINK_RULES: Rules<SinkOptions> = {
  policy: oneOf(...POLICIES),
  maxBufferedMs: within(20, 600_000, 'ms'),
  resumeBelowMs: within(0, 600_000, 'ms'),
  spillDirectory: path,
  maxSpilledMs: within(1000, 86_400_000, 'ms'),
  name: text(1, 200),
};
const DEFAULT_BUFFERED_MS = 1000;
const DEFAULT_SPILLED_MS = 600_000;

/** {@link SinkOptions}, checked and complete. */
export interface ResolvedSinkOptions {
  readonly policy: SinkPolicy;
  readonly name: string;
  /** Samples per channel. */
  readonly limit: number;
  /** The low watermark, in samples per channel. */
  readonly resumeBelow: number;
  readonly spillDirectory: string | undefined;
  readonly spillLimit: number;
}

/** @throws ERR_INVALID_ARG with the name of the field. */
export function resolveSinkOptions(options: SinkOptions, format: PcmFormat): ResolvedSinkOptions {
  checkOptions(options, SINK_RULES);
  const {
    policy = 'wait',
    name = 'sink',
    maxBufferedMs = DEFAULT_BUFFERED_MS,
    resumeBelowMs = maxBufferedMs / 2,
    maxSpilledMs = DEFAULT_SPILLED_MS,
    spillDirectory,
  } = options;
  checkArgument('resumeBelowMs', resumeBelowMs, within(0, maxBufferedMs - 1, 'ms'));
  const limit = msToSamples(maxBufferedMs, format);
  const resumeBelow = msToSamples(resumeBelowMs, format);
  const spillLimit = msToSamples(maxSpilledMs, format);
  return { policy, name, limit, resumeBelow, spillDirectory, spillLimit };
}

/** Checks the arguments of a method that adds a sink. @throws ERR_INVALID_ARG. */
export function checkFeeding(sink: PcmSink | FileSinkSpec, options: SinkOptions): void {
  checkSink(sink);
  checkOptions(options, SINK_RULES);
}

/** @throws ERR_INVALID_ARG when `sink` is neither a sink nor the description of one. */
export function checkSink(sink: PcmSink | FileSinkSpec): void {
  if (typeof sink === 'object' && sink !== null) {
    if ('kind' in sink && sink.kind === 'file') return;
    if ('write' in sink && typeof sink.write === 'function' && typeof sink.end === 'function') return;
  }
  throw invalidArgument('sink', 'an object with write() and end(), or a file description', sink);
}

/** Returns a sink as it is, or opens the file that is described as data. @throws ERR_INVALID_ARG, ERR_FILE. */
export function openSink(sink: PcmSink | FileSinkSpec, format: PcmFormat): PcmSink {
  checkSink(sink);
  return 'kind' in sink ? new FileSink(sink, format) : sink;
}
