import type { ErrorName } from '../../protocol/catalogue/error-names.js';
import type { StreamAction } from '../../protocol/commands.js';
import { Refusal } from '../api/refusal.js';
import type { ApiObject } from '../object/api-object.js';
import type { Action } from '../object/object-kind.js';
import { standStill } from '../stand-still.js';
import type { RedirectedStream } from '../voice/route-changes.js';
import type { UserVoice } from '../voice/user-voice.js';
import { reasonOf, redirect } from '../voice/voice-router.js';

/** An object with voice streams: a call, a voicemail. */
interface Streaming {
  readonly object: ApiObject<'CALL'> | ApiObject<'VOICEMAIL'>;
  readonly voice: UserVoice;
}

/**
 * Makes the actions that redirect voice streams. A stream that cannot be redirected stays unchanged. The command is
 * then refused with `error` and the reason.
 *
 * @param streaming gives the object that has the streams; undefined when it is over.
 */
export function streamActions<T>(
  error: ErrorName,
  streaming: (found: T) => Streaming | undefined,
): { readonly [A in StreamAction]: Action<T> } {
  const redirecting =
    (stream: RedirectedStream): Action<T> =>
    async ({ services: { opener, clock } }, found, argument) => {
      const subject = streaming(found);
      if (!subject) throw new Refusal(error, 'it is over');
      const { object, voice } = subject;
      try {
        const opened = redirect(voice, { object: object.object, id: object.id, stream }, argument, opener);
        object.put(stream, await standStill(clock, opened));
        return true;
      } catch (why) {
        throw new Refusal(error, reasonOf(why));
      }
    };
  return {
    SET_INPUT: redirecting('INPUT'),
    SET_OUTPUT: redirecting('OUTPUT'),
    SET_CAPTURE_MIC: redirecting('CAPTURE_MIC'),
  };
}
