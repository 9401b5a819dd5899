import type { HearableLegs } from '../../analysis/files/transcribe-file.js';
import { checkArgument, words } from '../../base/check.js';
import { msToSamples, STEREO } from '../../base/pcm.js';
import { splitChannels } from '../../voice/convert/channels.js';
import { WavReader } from '../../voice/wav/wav-reader.js';
import { openSealed } from './open-sealed.js';
import { readTails } from './sealed-tail.js';

/** True when the name is that of an encrypted recording (`call.wav.age`). @throws ERR_INVALID_ARG. */
export function isSealed(file: string): boolean {
  checkArgument('file', file, words);
  return file.endsWith('.age');
}

/** Yields the stereo samples of an encrypted recording, finished or killed. @throws as {@link openSealed}. */
export async function* sealedSamples(file: string, identity: string): AsyncGenerator<Int16Array> {
  yield* openSealed(file, identity, await readTails(file, identity));
}

/** Yields the stereo samples of a recording. An encrypted one needs its identity. */
export async function* recordedSamples(
  file: string,
  identity: string | undefined,
): AsyncGenerator<Int16Array> {
  if (isSealed(file) && identity !== undefined) {
    yield* sealedSamples(file, identity);
    return;
  }
  await using reader = await WavReader.open(file);
  yield* reader;
}

/** The legs of a recording. They can be read several times. */
export function recordedLegs(
  file: string,
  { durationMs }: { readonly durationMs: number },
  identity?: string,
): HearableLegs {
  return legsOf(() => recordedSamples(file, identity), msToSamples(durationMs));
}

/** The legs of stereo samples. `stereo` is called for each read. */
export function legsOf(stereo: () => AsyncIterable<Int16Array>, sampleCount: number): HearableLegs {
  return {
    legs: STEREO.channels,
    sampleRate: STEREO.sampleRate,
    sampleCount,
    async *samples() {
      for await (const samples of stereo()) yield splitChannels(samples, STEREO.channels);
    },
  };
}
