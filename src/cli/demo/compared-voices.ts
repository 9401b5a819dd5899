/** Length of the compared pieces, in samples at 16 kHz: 5 ms. */
const PIECE = 80;
/** Longest delay in the search, in pieces: 1 s. */
const MAX_DELAY = 200;

/**
 * Compares the audio sent by one end with that received by the other. It compares the loudness in pieces of 5 ms,
 * because codecs change the samples.
 *
 * @returns the delay with the best match, and the correlation there, from 0 to 1.
 */
export function comparedVoices(
  said: Int16Array,
  heard: Int16Array,
): { readonly delayMs: number; readonly likeness: number } {
  const [a, b] = [loudness(said), loudness(heard)];
  let best = { delayMs: 0, likeness: 0 };
  for (let delay = -MAX_DELAY; delay <= MAX_DELAY; delay++) {
    const likeness = correlation(a, b, delay);
    if (likeness > best.likeness) best = { delayMs: delay * 5, likeness };
  }
  return best;
}

function loudness(samples: Int16Array): Float64Array {
  const pieces = new Float64Array(Math.floor(samples.length / PIECE));
  for (let piece = 0; piece < pieces.length; piece++) {
    let sum = 0;
    for (let at = piece * PIECE; at < (piece + 1) * PIECE; at++) sum += Math.abs(samples[at] ?? 0);
    pieces[piece] = sum / PIECE;
  }
  return pieces;
}

function correlation(a: Float64Array, b: Float64Array, delay: number): number {
  let [ab, aa, bb] = [0, 0, 0];
  for (let at = 0; at < a.length; at++) {
    const [x, y] = [a[at] ?? 0, b[at + delay] ?? 0];
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  return aa > 0 && bb > 0 ? ab / Math.sqrt(aa * bb) : 0;
}
