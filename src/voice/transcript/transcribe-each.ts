import { asError } from '../../base/errors.js';
import type { Transcriber } from './transcriber.js';

/** Functions that {@link transcribeEach} calls. */
export interface TranscribeEach<Thing> {
  readonly transcriber: Transcriber;
  readonly signal?: AbortSignal | undefined;
  /** Transcribes one and keeps its words. Resolves to the changed thing, or to undefined when it is skipped. */
  transcribe(thing: Thing): Promise<Thing | undefined>;
  /** Called for each that was tried; `error` is set when the engine failed. */
  done(thing: Thing, error: Error | undefined): void;
}

/**
 * Transcribes things of an archive, one after the other. One at which the engine fails is reported and can be tried
 * again later. Resolves to the number of transcribed things.
 *
 * @throws ERR_ABORTED; errors of the engine's `ready`.
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
