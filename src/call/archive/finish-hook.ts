import { spawn } from 'node:child_process';
import { invalidArgument, JackfieldError } from '../../errors.js';
import type { Deliver } from './outbox.js';

export interface FinishHookOptions {
  /** The program, and its arguments. It is run as it is, without a shell; the event comes on its standard input. */
  readonly command: string;
  readonly args?: readonly string[];
  /** After this it is killed, and tried again later, in ms. Default 60000. */
  readonly timeoutMs?: number;
}

const MAX_OUTPUT = 2000;

/** Runs a program for each event; an exit code of 0 is a receipt. @throws ERR_INVALID_ARG. */
export function finishHook(options: FinishHookOptions): Deliver {
  const { command, args = [], timeoutMs = 60_000 } = options;
  if (typeof command !== 'string' || command === '' || command.includes('\0')) {
    throw invalidArgument('hook.command', 'the name of a program', command);
  }
  return (event) =>
    new Promise((resolve, reject) => {
      const child = spawn(command, args, {
        shell: false,
        stdio: ['pipe', 'ignore', 'pipe'],
        env: { ...process.env, JACKFIELD_EVENT: event.id, JACKFIELD_EVENT_TYPE: event.type },
        timeout: timeoutMs,
        killSignal: 'SIGKILL',
      });
      let said = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        said = (said + text).slice(-MAX_OUTPUT);
      });
      child.on('error', reject);
      // A program that does not read its input is no fault.
      child.stdin.on('error', () => undefined);
      child.stdin.end(`${JSON.stringify(event)}\n`);
      child.on('close', (code, signal) => {
        if (code === 0) return resolve();
        const how = signal ? `was killed by ${signal}` : `exited with ${code}`;
        reject(
          new JackfieldError('ERR_PEER', `The hook ${command} ${how}: ${said.trim() || 'it said nothing'}`),
        );
      });
    });
}
