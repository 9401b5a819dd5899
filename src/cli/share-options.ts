import type { Command } from 'commander';
import { messageOf } from '../base/errors.js';
import { type PcmServer, ShareServer, shareJoiner, turnTaker, type VoiceJoiner } from '../pcm.js';
import { warnLine } from './terminal-text.js';

/** Options of a command that can work beside another one on the same calls. */
export interface ShareOptions {
  readonly share?: boolean;
}

/** Adds the option of a command that redirects the voice of calls. */
export function withShare(command: Command): Command {
  return command.option(
    '--share',
    'where another Jackfield process has redirected a call, listen there (default: leave the call to it)',
  );
}

/** Makes the joiner of the calls that others have; without `--share` it takes turns with them, no more. */
export function joinerOf({ share }: ShareOptions): VoiceJoiner {
  return share ? shareJoiner() : turnTaker();
}

/** Lets other processes of this user listen to the calls of the servers that it is given. Where that is not possible it is told. */
export async function offerVoices(servers: () => Iterable<PcmServer>): Promise<AsyncDisposable> {
  try {
    return await ShareServer.open(servers);
  } catch (error) {
    warnLine(`Other processes cannot listen to the calls of this one: ${messageOf(error)}`);
    return { [Symbol.asyncDispose]: async () => undefined };
  }
}
