import { entryOf } from '../../base/entry-of.js';
import type { ErrorName } from '../../protocol/catalogue/error-names.js';
import type { ApiObject } from '../api-object.js';
import { standStill } from '../stand-still.js';
import type { StreamKind, UserVoice } from '../voice/user-voice.js';
import { reasonOf, redirect } from '../voice/voice-router.js';
import { Refusal } from './refusal.js';
import type { Services } from './services.js';

const STREAMS: Readonly<Record<string, StreamKind>> = {
  SET_INPUT: 'INPUT',
  SET_OUTPUT: 'OUTPUT',
  SET_CAPTURE_MIC: 'CAPTURE_MIC',
};

/** An object with voice streams: a call, a voicemail. */
interface Streaming {
  readonly object: ApiObject<'CALL'> | ApiObject<'VOICEMAIL'>;
  readonly voice: UserVoice;
}

/** Gives the stream that an action of ALTER redirects; none for other actions. */
export function streamOf(action: string): StreamKind | undefined {
  return entryOf(STREAMS, action);
}

/** Redirects a stream. @throws Refusal `error` with the reason; the stream then stays as it was. */
export async function alterStream(
  { opener, clock }: Services,
  { object, voice }: Streaming,
  stream: StreamKind,
  argument: string,
  error: ErrorName,
): Promise<void> {
  try {
    const opened = redirect(voice, { object: object.object, id: object.id, stream }, argument, opener);
    object.put(stream, await standStill(clock, opened));
  } catch (why) {
    throw new Refusal(error, reasonOf(why));
  }
}
