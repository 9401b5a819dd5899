import { checkArgument, stream } from '../../base/check.js';
import { CHANNELS, SAMPLES } from '../../base/pcm.js';
/** The bytes of samples as s16le. The memory is shared. */
export function bytesOfSamples(samples: Int16Array): Uint8Array {
  checkArgument('samples', samples, SAMPLES);
  return new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
}

/**
 * Reads s16le from chunks of bytes of any length: a sample or frame that is cut by the end of a chunk is carried to
 * the next one. Half a frame at the end of the stream is left out.
 */
export async function* samplesOfBytes(
  chunks: AsyncIterable<Uint8Array>,
  channels: number,
): AsyncGenerator<Int16Array, void, undefined> {
  checkArgument('chunks', chunks, stream);
  checkArgument('channels', channels, CHANNELS);
  const frameBytes = channels * Int16Array.BYTES_PER_ELEMENT;
  let carried = new Uint8Array();
  for await (const chunk of chunks) {
    const length = carried.length + chunk.length;
    const whole = length - (length % frameBytes);
    const joined = new Uint8Array(length);
    joined.set(carried);
    joined.set(chunk, carried.length);
    carried = joined.slice(whole);
    if (whole > 0) yield new Int16Array(joined.buffer, 0, whole / Int16Array.BYTES_PER_ELEMENT);
  }
}
