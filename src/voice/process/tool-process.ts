import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { abortedError, JackfieldError, messageOf } from '../../base/errors.js';
import { printable } from '../../base/printable.js';
import { whenFired } from '../../base/wait.js';
import { isMissing } from '../../files/file-error.js';

export interface ToolOptions {
  /** Ends the process when it fires. */
  readonly signal?: AbortSignal;
  /** Advice for the error message when the tool is missing. */
  readonly install?: string;
  /** Its environment. Default: that of this process. */
  readonly env?: NodeJS.ProcessEnv;
  /** Code of the errors. Default `'ERR_TOOL'`. */
  readonly code?: 'ERR_TOOL' | 'ERR_DEVICE';
}

/** Characters of a tool's standard error that are kept for its error message, counted from the end. */
const MAX_ERROR_TEXT = 2000;
/** Time that a tool has to exit after it was asked to, before it is killed. */
const GRACE_MS = 2000;

/**
 * A program of the system that reads or writes audio through pipes. It is started with a list of arguments, never
 * through a shell. Its failure becomes an error with the end of its standard error.
 */
export class ToolProcess {
  readonly #tool: string;
  readonly #options: ToolOptions;
  readonly #child: ChildProcess;
  readonly #stdin: Writable;
  readonly #stdout: Readable;
  readonly #exited: Promise<JackfieldError | undefined>;
  #errorText = '';
  #isStopped = false;

  private constructor(
    tool: string,
    child: ChildProcess,
    stdin: Writable,
    stdout: Readable,
    options: ToolOptions,
  ) {
    this.#tool = tool;
    this.#options = options;
    this.#child = child;
    this.#stdin = stdin;
    this.#stdout = stdout;
    // A broken pipe is reported by the exit, with the tool's own text.
    stdin.on('error', () => {});
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#errorText = (this.#errorText + text).slice(-MAX_ERROR_TEXT);
    });
    const deaf = options.signal && whenFired(options.signal, () => void this.stop());
    this.#exited = once(child, 'close').then(
      ([code, signal]) => {
        deaf?.();
        return this.#outcome(code as number | null, signal as string | null);
      },
      (error: unknown) => this.#failure(messageOf(error), error),
    );
  }

  /**
   * Starts the program and waits until the system has done so.
   *
   * @throws ERR_TOOL (or the code of `options`) when it is not installed or cannot be run; ERR_ABORTED.
   */
  static async start(tool: string, args: readonly string[], options: ToolOptions): Promise<ToolProcess> {
    const { signal, install = '', env, code = 'ERR_TOOL' } = options;
    if (signal?.aborted) throw abortedError(`${printable(tool)} to start`, signal);
    const stdio = ['pipe', 'pipe', 'pipe'] as const;
    const child = spawn(tool, args, { stdio: [...stdio], windowsHide: true, ...(env && { env }) });
    const started = new ToolProcess(tool, child, child.stdin, child.stdout, options);
    try {
      await once(child, 'spawn');
    } catch (cause) {
      const why = isMissing(cause) ? 'It is not installed, or not on the PATH' : messageOf(cause);
      throw new JackfieldError(code, printable(`Cannot run ${tool}: ${why}. ${install}`.trim()), { cause });
    }
    return started;
  }

  /** Writes to its standard input. Resolves when the system has taken the bytes; their memory can then be reused. */
  async write(bytes: Uint8Array): Promise<void> {
    const failure = await new Promise<Error | null | undefined>((resolve) =>
      this.#stdin.write(bytes, resolve),
    );
    if (!failure) return;
    await this.exit();
    throw this.#failure('it ended before it had read all input', failure);
  }

  /** Writes a last piece and closes the tool's input. A tool that does not read all of it is no error. */
  endInput(last: string | Uint8Array = ''): void {
    this.#stdin.end(last);
  }

  /** The tool's standard output. It ends when the tool closes it. */
  output(): AsyncIterable<Buffer> {
    return this.#stdout;
  }

  /** Reads its standard output and drops it. */
  ignoreOutput(): void {
    this.#stdout.resume();
  }

  /** Waits for its exit. @throws ERR_TOOL with its own text when it failed; ERR_ABORTED when the signal ended it. */
  async exit(): Promise<void> {
    const error = await this.#exited;
    if (error) throw error;
  }

  /** Ends it now and waits for its exit. Does nothing when it has ended. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#child.kill('SIGTERM');
    const killing = setTimeout(() => this.#child.kill('SIGKILL'), GRACE_MS);
    this.#stdin.destroy();
    this.#stdout.resume();
    await this.#exited;
    clearTimeout(killing);
  }

  #outcome(code: number | null, signal: string | null): JackfieldError | undefined {
    const abort = this.#options.signal;
    if (abort?.aborted) return abortedError(printable(this.#tool), abort);
    if (code === 0 || this.#isStopped) return undefined;
    return this.#failure(signal ? `ended by ${signal}` : `exit code ${code}`);
  }

  #failure(reason: string, cause?: unknown): JackfieldError {
    const lines = this.#errorText.split('\n').map((line) => line.trim());
    const said = lines.filter((line) => line !== '').join('; ');
    const text = printable(`${this.#tool} failed (${reason})${said ? `: ${said}` : '.'}`);
    return new JackfieldError(this.#options.code ?? 'ERR_TOOL', text, { cause });
  }
}
