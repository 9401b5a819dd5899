import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ExchangeControl, ExchangeMessage } from './exchange-command.js';

const START_TIMEOUT_MS = 10_000;
/** A call waits this long for a late voice stream before it goes on in silence. */
const PATIENCE_MS = 5000;

/** An exchange in a process of its own, so that what attaches to it goes over real sockets only. */
export class ExchangeProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  /** Port that clients attach to. */
  readonly port: number;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
  }

  /** @param options `manual`: the exchange's time stands still until {@link run}. */
  static async start(options: { readonly manual: boolean }): Promise<ExchangeProcess> {
    const main = fileURLToPath(new URL('../main.js', import.meta.url));
    const clock = options.manual ? 'manual' : 'real';
    // A busy machine makes a call late, not lossy: the demo's recording is the same wherever it runs.
    const args = ['exchange', '--tcp', '0', '--clock', clock, '--patience', String(PATIENCE_MS)];
    const child = fork(main, args, {
      // Ctrl-C goes to every process of the terminal; this one lives until it is stopped here.
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

  /** Lets time run, as fast as the streams allow. */
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
