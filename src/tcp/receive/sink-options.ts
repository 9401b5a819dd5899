import { invalidArgument } from '../../errors.js';
import { msToSamples, type PcmFormat, type PcmSink } from '../../pcm.js';
import type { FileSinkSpec, SinkOptions, SinkPolicy } from '../sink.js';
import { FileSink } from './file-sink.js';

const POLICIES: readonly SinkPolicy[] = ['wait', 'drop-oldest', 'drop-newest', 'spill', 'close'];
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
  const {
    policy = 'wait',
    name = 'sink',
    maxBufferedMs = DEFAULT_BUFFERED_MS,
    resumeBelowMs = maxBufferedMs / 2,
    maxSpilledMs = DEFAULT_SPILLED_MS,
    spillDirectory,
  } = options;
  if (!POLICIES.includes(policy)) throw invalidArgument('policy', `one of ${POLICIES.join(', ')}`, policy);
  if (typeof name !== 'string' || name === '' || name.length > 200) {
    throw invalidArgument('name', '1 to 200 characters', name);
  }
  if (spillDirectory !== undefined && typeof spillDirectory !== 'string') {
    throw invalidArgument('spillDirectory', 'a directory', spillDirectory);
  }
  const limit = msToSamples(ms('maxBufferedMs', maxBufferedMs, 20, 600_000), format);
  const resumeBelow = msToSamples(ms('resumeBelowMs', resumeBelowMs, 0, maxBufferedMs - 1), format);
  const spillLimit = msToSamples(ms('maxSpilledMs', maxSpilledMs, 1000, 86_400_000), format);
  return { policy, name, limit, resumeBelow, spillDirectory, spillLimit };
}

/** @throws ERR_INVALID_ARG when `sink` is neither a sink nor the description of one. */
export function checkSink(sink: PcmSink | FileSinkSpec): void {
  if (typeof sink === 'object' && sink !== null) {
    if ('kind' in sink && sink.kind === 'file') return;
    if ('write' in sink && typeof sink.write === 'function' && typeof sink.end === 'function') return;
  }
  throw invalidArgument('sink', 'an object with write() and end(), or the description of a file', sink);
}

/** The sink itself, opened where it was given as data. @throws ERR_INVALID_ARG, ERR_FILE. */
export function openSink(sink: PcmSink | FileSinkSpec, format: PcmFormat): PcmSink {
  checkSink(sink);
  return 'kind' in sink ? new FileSink(sink, format) : sink;
}

function ms(name: string, value: number, min: number, max: number): number {
  if (value >= min && value <= max) return value;
  throw invalidArgument(name, `${min} to ${max} ms`, value);
}
