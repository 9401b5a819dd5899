import { checkArgument } from '../../base/check.js';
import { BYTES, SAMPLES } from '../../base/pcm.js';

/** Encodes samples as L16: 16-bit big-endian, the network's byte order (RFC 3551, section 4.5.11). */
export function encodeL16(samples: Int16Array): Uint8Array {
  checkArgument('samples', samples, SAMPLES);
  const bytes = new Uint8Array(samples.length * 2);
  for (let i = 0; i < samples.length; i++) {
    const sample = samples[i] ?? 0;
    bytes[2 * i] = sample >> 8;
    bytes[2 * i + 1] = sample;
  }
  return bytes;
}

/** Decodes L16. Half a sample at the end is left out. */
export function decodeL16(bytes: Uint8Array): Int16Array {
  checkArgument('bytes', bytes, BYTES);
  const samples = new Int16Array(Math.floor(bytes.length / 2));
  for (let i = 0; i < samples.length; i++) samples[i] = ((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0);
  return samples;
}
