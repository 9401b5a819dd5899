import { checkOptions, listOf, needed, path, type Rules, within, words } from '../../base/check.js';
import { JackfieldError, messageOf } from '../../base/errors.js';
import { systemClock } from '../../base/time/clock.js';
import { TimeLimit } from '../../base/wait.js';
import { runTool } from '../../voice/process/run-tool.js';
import type { Deliver } from './outbox.js';

export interface FinishHookOptions {
  /** The program. It is run without a shell, and reads the event from its standard input. */
  readonly command: string;
  readonly args?: readonly string[];
  /** Time after which it is killed and tried again later, in ms: 100 to 600000. Default 60000. */
  readonly timeoutMs?: number;
}

/** The rules of {@link FinishHookOptions}. */
export const HOOK_RULES: Rules<FinishHookOptions> = {
  command: needed(path),
  args: listOf(words),
  timeoutMs: within(100, 600_000, 'ms'),
};

/** Runs a program for each event. Exit code 0 acknowledges the event. @throws ERR_INVALID_ARG. */
export function finishHook(options: FinishHookOptions): Deliver {
  checkOptions(options, HOOK_RULES, 'hook.');
  const { command, args = [], timeoutMs = 60_000 } = options;
  return async (event, options) => {
    const env = { ...process.env, JACKFIELD_EVENT: event.id, JACKFIELD_EVENT_TYPE: event.type };
    using limit = new TimeLimit(systemClock, { timeoutMs, signal: options.signal });
    try {
      await runTool({ tool: command, args, input: `${JSON.stringify(event)}\n`, env, signal: limit.signal });
    } catch (cause) {
      throw new JackfieldError('ERR_PEER', `The hook failed: ${messageOf(cause)}`, { cause });
    }
  };
}
