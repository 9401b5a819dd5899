import { signal as aSignal, checkOptions, type Rules } from '../base/check.js';
import { JackfieldError } from '../base/errors.js';
import { ChunkIterator } from '../stream/receive/chunk-iterator.js';
import { SINK_RULES } from '../stream/receive/sink-options.js';
import type { PcmChunk, SinkOptions } from '../stream/sink.js';
import type { Lease } from './lease.js';

/** Name of a lease in errors. */
export function leaseName({ object, stream }: Pick<Lease, 'object' | 'stream'>): string {
  return `${object} ${stream}`;
}

/** @throws ERR_INVALID_STATE when `lease` does not receive. */
export function checkReceives(lease: Lease, what: string): void {
  if (lease.direction === 'send') throw wrongDirection(lease, `only sends: ${what} has nothing to give`);
}

/** The `part` of `lease` that sends. @throws ERR_INVALID_STATE when it has none. */
export function sendingPart<T>(lease: Lease, part: T | undefined, what: string): T {
  if (part !== undefined) return part;
  throw wrongDirection(lease, `only receives: there is no ${what}`);
}

/** @throws ERR_INVALID_STATE when `lease` is over. */
export function checkRunning({ state }: Lease, what: string): void {
  if (state.status !== 'draining' && state.status !== 'closed') return;
  const text = `${what} on a lease that is ${state.status}; add sinks before it ends.`;
  throw new JackfieldError('ERR_INVALID_STATE', text);
}

const FRAMES_RULES: Rules<SinkOptions & { signal?: AbortSignal }> = { ...SINK_RULES, signal: aSignal };

/** The samples that `lease` receives, for `for await`; see {@link Lease.frames}. */
export function framesOf(
  lease: Lease,
  options: SinkOptions & { signal?: AbortSignal },
): AsyncIterableIterator<PcmChunk> {
  checkOptions(options, FRAMES_RULES);
  const { signal, ...sinkOptions } = options;
  const chunks = new ChunkIterator(() => void handle.remove().catch(() => {}), signal);
  const handle = lease.addSink(chunks, { name: 'frames', ...sinkOptions });
  return chunks;
}

function wrongDirection(lease: Lease, text: string): JackfieldError {
  return new JackfieldError('ERR_INVALID_STATE', `The lease of ${leaseName(lease)} ${text}.`);
}
