import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { JackfieldError } from '../../base/errors.js';
import type { ExchangeControl, ExchangeMessage } from './exchange-command.js';

/** Longest start of the process. The first one on a slow or busy machine takes long. */
const START_TIMEOUT_MS = 60_000;
/** Longest wait of a call for a late voice stream, in ms. After that the call continues with silence. */
const PATIENCE_MS = 5000;

/** An exchange in its own process. Clients use it over real sockets only. */
export class ExchangeProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  /** Port for clients. */
  readonly port: number;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
  }

  /** @param options `manual`: the exchange's clock is stopped until {@link run}. */
  static async start(options: { readonly manual: boolean }): Promise<ExchangeProcess> {
    const main = fileURLToPath(new URL('../main.js', import.meta.url));
    const clock = options.manual ? 'manual' : 'real';
    // With this option a busy machine delays the call but loses no audio, so the demo's recording is always the same.
    const args = ['exchange', '--tcp', '0', '--clock', clock, '--patience', String(PATIENCE_MS)];
    const child = fork(main, args, {
      // Ctrl-C is sent to all processes of the terminal. This process must live until it is stopped here.
      detached: true,
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const signal = AbortSignal.timeout(START_TIMEOUT_MS);
    const exited = once(child, 'exit', { signal }).then(([code, name]) => {
      const end = name === null ? `with exit code ${code}` : `by ${name}`;
      throw new JackfieldError('ERR_CLOSED', `The process of the exchange ended ${end} before it listened.`);
    });
    exited.catch(() => undefined);
    try {
      const told = await Promise.race([once(child, 'message', { signal }), exited]);
      const [{ listening }] = told as [ExchangeMessage];
      return new ExchangeProcess(child, listening);
    } catch (error) {
      child.kill('SIGKILL');
      if (!signal.aborted) throw error;
      const text = `The process of the exchange did not listen within ${START_TIMEOUT_MS / 1000} s. Try again when the machine is less busy.`;
      throw new JackfieldError('ERR_TIMEOUT', text);
    }
  }

  /** Runs the clock as fast as the streams allow. */
  run(): void {
    const control: ExchangeControl = { clock: 'run' };
    this.#child.send(control);
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await exited;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}
