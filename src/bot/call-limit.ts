import { JackfieldError } from '../base/errors.js';
import type { CancelTimer, Clock } from '../base/time/clock.js';
import { deadlineIn, waitFor } from '../base/wait.js';
import type { CallControl } from '../call/call-control.js';
import { CallEndedError } from '../control/call/call-ended-error.js';

/** Time that an endpoint may take to report the end of a call that was hung up, in milliseconds. */
const END_TOLD_MS = 5000;

/** Time that a script may go on after its call was ended for lasting too long, in milliseconds. */
const LAST_WORD_MS = 30_000;

/**
 * Limits the time that a bot works on a call, whatever the endpoint and the script do. A call that has lasted too long
 * is hung up. It counts as over even when the endpoint does not report its end. A script that still goes on after that
 * is not waited for.
 */
export class CallLimit implements Disposable {
  /** Resolves when the script is not waited for any longer. */
  readonly passed: Promise<{ readonly outcome: 'failed'; readonly error: Error }>;
  readonly #cut = new AbortController();
  readonly #timers = new Set<CancelTimer>();

  constructor(call: CallControl, maxCallMs: number, clock: Clock) {
    const after = (ms: number, task: () => void) =>
      this.#timers.add(clock.timerAt(clock.now() + maxCallMs + ms, task));
    after(0, () => void hangUp(call));
    after(END_TOLD_MS, () =>
      this.#cut.abort(new CallEndedError(call.id, call.status, 'done with its script', undefined)),
    );
    this.passed = new Promise((resolve) => {
      after(END_TOLD_MS + LAST_WORD_MS, () => {
        const message = `Call ${call.id} was ended after ${maxCallMs} ms, but the script continues: pass call.signal to its waits.`;
        resolve({ outcome: 'failed', error: new JackfieldError('ERR_TIMEOUT', message) });
      });
    });
  }

  /** Fires when the call has lasted too long and the endpoint does not report its end. */
  get cut(): AbortSignal {
    return this.#cut.signal;
  }

  [Symbol.dispose](): void {
    for (const cancel of this.#timers) cancel();
  }
}

/** Keeps the calls that a script has placed. They end with the script, also those whose placing finishes after it. */
export class DialledCalls {
  readonly #calls: CallControl[] = [];
  #over = false;

  /** Adds a call. @throws ERR_CLOSED when the script has ended; then the call is hung up. */
  add(call: CallControl): void {
    if (this.#over) {
      void hangUp(call);
      throw new JackfieldError('ERR_CLOSED', `Call ${call.id} was placed after the script had ended.`);
    }
    this.#calls.push(call);
  }

  async end(clock: Clock): Promise<void> {
    this.#over = true;
    await Promise.all(this.#calls.map((call) => endCall(call, clock)));
  }
}

/**
 * Hangs up, and resolves when the endpoint has reported the end of the call. When it does not report it in time, the
 * call is refreshed. After a second wait the call is given up.
 */
export async function endCall(call: CallControl, clock: Clock): Promise<void> {
  await hangUp(call);
  if (await isTold(call, clock)) return;
  await call.refresh({ timeoutMs: END_TOLD_MS }).catch(() => undefined);
  await isTold(call, clock);
}

/** Hangs up. Ignores the error of a call that is over already. */
export async function hangUp(call: CallControl): Promise<void> {
  await call.hangUp().catch(() => undefined);
}

/** Resolves to true when the end of the call is reported in time. */
async function isTold(call: CallControl, clock: Clock): Promise<boolean> {
  const stop = new AbortController();
  return await waitFor<boolean>({
    what: `the end of call ${call.id}`,
    deadline: deadlineIn(clock, END_TOLD_MS, () => false),
    begin(resolve) {
      const over = () => resolve(true);
      call.ended({ signal: stop.signal }).then(over, over);
      return () => stop.abort();
    },
  });
}
