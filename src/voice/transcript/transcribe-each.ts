import { asError } from '../../base/errors.js';
import type { Transcriber } from './transcriber.js';

/** The work of {@link transcribeEach}. */
export interface TranscribeEach<Thing> {
  readonly transcriber: Transcriber;
  readonly signal?: AbortSignal | undefined;
  /** Transcribes one and keeps its words; resolves to it as it is then, or to undefined where it is left out. */
  transcribe(thing: Thing): Promise<Thing | undefined>;
  /** Told of each that was tried; `error` when the engine failed on it. */
  done(thing: Thing, error: Error | undefined): void;
}

/**
 * Has things of an archive transcribed, one after the other. One that the engine fails on is told of and left for the next
 * time. Resolves to how many were transcribed.
 *
 * @throws ERR_ABORTED; what the engine's `ready` throws.
 */
export async function transcribeEach<Thing>(
  things: () => Iterable<Thing>,
  { transcriber, signal, transcribe, done }: TranscribeEach<Thing>,
): Promise<number> {
  await transcriber.ready?.();
  let count = 0;
  for (const thing of things()) {
    signal?.throwIfAborted();
    try {
      const transcribed = await transcribe(thing);
      if (transcribed === undefined) continue;
      count++;
      done(transcribed, undefined);
    } catch (error) {
      if (signal?.aborted) throw error;
      done(thing, asError(error));
    }
  }
  return count;
}
