import type { Command } from 'commander';
import { type PcmServer, ShareServer, shareJoiner, speakerJoiner, type VoiceJoiner } from '../pcm.js';
import { faultText } from './failure.js';
import { warnLine } from './terminal-text.js';

/** Options of a command that can share calls with other commands. */
export interface ShareOptions {
  readonly share?: boolean;
}

/** Adds the option of a command that redirects the voice of calls. */
export function withShare(command: Command): Command {
  return command.option(
    '--share',
    'listen to calls that another Jackfield process has redirected, through that process (default: leave them to it)',
  );
}

/**
 * Creates the joiner for calls of other processes. Without `--share`, a bot still speaks in calls to which others only
 * listen, and a recorder leaves calls to them.
 */
export function joinerOf({ share }: ShareOptions): VoiceJoiner {
  return share ? shareJoiner() : speakerJoiner();
}

/**
 * Lets other processes of this user listen to the calls of these servers. Prints a warning when that is not possible.
 */
export async function offerVoices(servers: () => Iterable<PcmServer>): Promise<AsyncDisposable> {
  try {
    return await ShareServer.open(servers);
  } catch (error) {
    warnLine(`Other processes cannot listen to the calls of this one: ${faultText(error)}`);
    return { [Symbol.asyncDispose]: async () => undefined };
  }
}
