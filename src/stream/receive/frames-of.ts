import { signal as aSignal, checkOptions, type Rules } from '../../base/check.js';
import type { PcmStream } from '../pcm-stream.js';
import type { PcmChunk, SinkOptions } from '../sink.js';
import { ChunkIterator } from './chunk-iterator.js';
import { SINK_RULES } from './sink-options.js';

const RULES: Rules<SinkOptions & { signal?: AbortSignal }> = { ...SINK_RULES, signal: aSignal };

/** The samples that `stream` receives, for `for await`; see {@link PcmStream.frames}. */
export function framesOf(
  stream: Pick<PcmStream, 'addSink'>,
  options: SinkOptions & { signal?: AbortSignal },
): AsyncIterableIterator<PcmChunk> {
  checkOptions(options, RULES);
  const { signal, ...sinkOptions } = options;
  const chunks = new ChunkIterator(() => void handle.remove().catch(() => {}), signal);
  const handle = stream.addSink(chunks, { name: 'frames', ...sinkOptions });
  return chunks;
}
