import { JackfieldError } from '../../base/errors.js';
import type { Clock } from '../../base/time/clock.js';
import { deadlineIn, waitFor } from '../../base/wait.js';
import type { CommandOptions } from '../client/command-sender.js';
import { ChatRefusedError } from './chat-refused-error.js';
import type { VersionedObject } from './versioned-object.js';

const JOIN_TIMEOUT_MS = 30_000;

/** Statuses in which the current user cannot get into the chat without doing something. */
const REFUSED: ReadonlySet<string> = new Set([
  'CHAT_DISBANDED',
  'QUEUED_BECAUSE_CHAT_IS_FULL',
  'APPLICATION_DENIED',
  'KICKED',
  'BANNED',
]);

/**
 * Runs `begin`, and waits until the current user is in the chat. The endpoint reports the status before the answer,
 * after it, or both. Only reports after the beginning count, since the status before may be the same.
 *
 * @param answer Gives the password when the chat asks for it. Called at most once.
 * @throws ERR_CHAT_REFUSED, ERR_TIMEOUT, ERR_ABORTED; the error of `begin`.
 */
export async function awaitMembership(
  chat: VersionedObject<'CHAT'>,
  clock: Clock,
  { timeoutMs = JOIN_TIMEOUT_MS, signal }: CommandOptions,
  begin: () => Promise<void>,
  answer?: () => Promise<void>,
): Promise<void> {
  let standing = '';
  let canAnswer = answer !== undefined;
  await waitFor<void>({
    what: `membership of ${chat.id}`,
    signal,
    deadline: deadlineIn(clock, timeoutMs, () => {
      const text = `Not a member of ${chat.id} after ${timeoutMs} ms: its status is ${standing || 'unknown'}.`;
      throw new JackfieldError('ERR_TIMEOUT', text);
    }),
    begin: (resolve, reject) => {
      const look = (property: string, value: string) => {
        if (property !== 'MYSTATUS') return;
        standing = value;
        if (value === 'SUBSCRIBED') resolve();
        else if (value === 'PASSWORD_REQUIRED' && answer && canAnswer) {
          canAnswer = false;
          answer().catch(reject);
        } else if (value === 'PASSWORD_REQUIRED' || REFUSED.has(value)) {
          reject(new ChatRefusedError(`${chat.id} cannot be joined`, chat.id, value));
        }
      };
      chat.on('property', look);
      // The endpoint reports nothing when the current user is in the chat already.
      begin()
        .then(() => chat.text('MYSTATUS', { fresh: true }))
        .then((value) => value === 'SUBSCRIBED' && resolve())
        .catch(reject);
      return () => void chat.off('property', look);
    },
  });
}
