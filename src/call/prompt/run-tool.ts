import { spawn } from 'node:child_process';
import { JackfieldError } from '../../errors.js';

/** Standard error that is kept for the message. */
const MAX_COMPLAINT = 2000;

export interface ToolRun {
  readonly command: string;
  readonly args: readonly string[];
  /** Written to its standard input. */
  readonly input?: string;
  /** Standard output may not be longer: 1 byte on. Default 256 MiB. */
  readonly maxBytes?: number;
  readonly signal?: AbortSignal;
}

/**
 * Runs a command without a shell and returns what it wrote to standard output.
 *
 * @throws ERR_ENCODER when it is not there, fails, is stopped or writes too much.
 */
export function runTool({ command, args, input, maxBytes = 2 ** 28, signal }: ToolRun): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], ...(signal && { signal }) });
    const output: Buffer[] = [];
    let length = 0;
    let complaint = '';
    const fail = (why: string, cause?: unknown) =>
      reject(new JackfieldError('ERR_ENCODER', `${command} ${why}`, { cause }));
    child.once('error', (error: NodeJS.ErrnoException) =>
      fail(
        error.code === 'ENOENT' ? 'is not installed, or not on the PATH.' : `failed: ${error.message}`,
        error,
      ),
    );
    // A command that stops reading early says why on its standard error.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input ?? '');
    child.stdout.on('data', (chunk: Buffer) => {
      length += chunk.length;
      output.push(chunk);
      if (length <= maxBytes) return;
      child.kill('SIGKILL');
      fail(`wrote more than ${maxBytes} bytes.`);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaint = (complaint + text).slice(0, MAX_COMPLAINT);
    });
    child.once('close', (code, killedBy) => {
      if (code === 0) resolve(Buffer.concat(output));
      else fail(`ended with ${killedBy ?? `code ${code}`}: ${complaint.trim()}`);
    });
  });
}
