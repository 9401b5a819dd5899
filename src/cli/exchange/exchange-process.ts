import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ExchangeControl, ExchangeMessage } from './exchange-command.js';

const START_TIMEOUT_MS = 10_000;
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
    const exited = once(child, 'exit', { signal }).then(([code]) => {
      throw new Error(`The exchange process ended with exit code ${code} before it listened.`);
    });
    exited.catch(() => undefined);
    const [message]: ExchangeMessage[] = await Promise.race([once(child, 'message', { signal }), exited]);
    if (!message) throw new Error('The exchange process did not say where it listens.');
    return new ExchangeProcess(child, message.listening);
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
