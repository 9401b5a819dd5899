import { path as aPath, checkArgument, object, words } from '../../base/check.js';
import type { TailContents } from './sealed-tail.js';
import { sealedWavSamples } from './sealed-wav.js';

/**
 * Yields the stereo samples of an encrypted recording. After a kill, it reads the age file up to the last complete
 * chunk, and then the tail.
 *
 * @param identity An age secret key (`AGE-SECRET-KEY-1...`).
 * @param tail Result of {@link readTails}, for a killed recording.
 * @throws ERR_INVALID_ARG for an invalid key; ERR_FILE when the file is not for that key, or was changed.
 */
export async function* openSealed(
  file: string,
  identity: string,
  tail?: TailContents,
): AsyncGenerator<Int16Array> {
  checkArgument('file', file, aPath);
  checkArgument('identity', identity, words);
  if (tail !== undefined) checkArgument('tail', tail, object);
  let position = 0;
  for await (const samples of sealedWavSamples(file, identity, tail !== undefined)) {
    overlay(samples, position, tail);
    yield samples;
    position += samples.length / 2;
  }
  if (!tail || tail.sampleCount <= position) return;
  const rest = new Int16Array((tail.sampleCount - position) * 2);
  overlay(rest, position, tail);
  yield rest;
}

function overlay(target: Int16Array, position: number, tail: TailContents | undefined): void {
  for (const piece of tail?.pieces ?? []) {
    const from = Math.max(position, piece.position);
    const to = Math.min(position + target.length / 2, piece.position + piece.samples.length / 2);
    if (from >= to) continue;
    const part = piece.samples.subarray((from - piece.position) * 2, (to - piece.position) * 2);
    target.set(part, (from - position) * 2);
  }
}
