import { invalidArgument, JackfieldError, messageOf } from '../../errors.js';
import { runTool } from '../../voice/process/run-tool.js';
import type { Deliver } from './outbox.js';

export interface FinishHookOptions {
  /** The program, and its arguments. It is run as it is, without a shell; the event comes on its standard input. */
  readonly command: string;
  readonly args?: readonly string[];
  /** After this it is ended, and tried again later, in ms: 100 to 600000. Default 60000. */
  readonly timeoutMs?: number;
}

/** Runs a program for each event; an exit code of 0 is a receipt. @throws ERR_INVALID_ARG. */
export function finishHook(options: FinishHookOptions): Deliver {
  const { command, args = [], timeoutMs = 60_000 } = options;
  if (typeof command !== 'string' || command === '' || command.includes('\0')) {
    throw invalidArgument('hook.command', 'the name of a program', command);
  }
  if (!(timeoutMs >= 100 && timeoutMs <= 600_000)) {
    throw invalidArgument('hook.timeoutMs', 'from 100 to 600000 ms', timeoutMs);
  }
  return async (event, options) => {
    const env = { ...process.env, JACKFIELD_EVENT: event.id, JACKFIELD_EVENT_TYPE: event.type };
    const signal = AbortSignal.any([options.signal, AbortSignal.timeout(timeoutMs)]);
    try {
      await runTool({ tool: command, args, input: `${JSON.stringify(event)}\n`, env, signal });
    } catch (cause) {
      throw new JackfieldError('ERR_PEER', `The hook failed: ${messageOf(cause)}`, { cause });
    }
  };
}
