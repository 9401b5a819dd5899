import { JackfieldError } from '../base/errors.js';
import type { CancelTimer, Clock } from '../base/time/clock.js';
import { deadlineIn, waitFor } from '../base/wait.js';
import type { CallControl } from '../call/call-control.js';
import { CallEndedError } from '../control/call/call-ended-error.js';

/** Time that an endpoint may take to report the end of a call that was hung up, in milliseconds. */
const END_TOLD_MS = 5000;

/** Time that a script may go on after its call has lasted too long and was ended, in milliseconds. */
const LAST_WORD_MS = 30_000;

/**
 * The longest that a bot may be busy with a call, whatever the endpoint and the script do. When the call has lasted too
 * long it is hung up; when its end is not told, it is over all the same; a script that goes on then is left to itself.
 */
export class CallLimit implements Disposable {
  /** Resolves when the script is left to itself. */
  readonly passed: Promise<{ readonly outcome: 'failed'; readonly error: Error }>;
  readonly #cut = new AbortController();
  readonly #timers = new Set<CancelTimer>();

  constructor(call: CallControl, maxCallMs: number, clock: Clock) {
    const after = (ms: number, task: () => void) =>
      this.#timers.add(clock.timerAt(clock.now() + maxCallMs + ms, task));
    after(0, () => void hangUp(call));
    after(END_TOLD_MS, () =>
      this.#cut.abort(new CallEndedError(call.id, call.status, 'through with its script', undefined)),
    );
    this.passed = new Promise((resolve) => {
      after(END_TOLD_MS + LAST_WORD_MS, () => {
        const message = `Call ${call.id} was ended after ${maxCallMs} ms, but the script goes on: have it wait with call.signal.`;
        resolve({ outcome: 'failed', error: new JackfieldError('ERR_TIMEOUT', message) });
      });
    });
  }

  /** Fires when the call has lasted too long and its end is not told. */
  get cut(): AbortSignal {
    return this.#cut.signal;
  }

  [Symbol.dispose](): void {
    for (const cancel of this.#timers) cancel();
  }
}

/** The calls that a script has placed; they end with it, those too that are placed when it has ended. */
export class DialledCalls {
  readonly #calls: CallControl[] = [];
  #over = false;

  /** @throws ERR_CLOSED when the script has ended; the call is hung up then. */
  add(call: CallControl): void {
    if (this.#over) {
      void hangUp(call);
      throw new JackfieldError('ERR_CLOSED', `Call ${call.id} was placed when the script had ended.`);
    }
    this.#calls.push(call);
  }

  async end(clock: Clock): Promise<void> {
    this.#over = true;
    await Promise.all(this.#calls.map((call) => endCall(call, clock)));
  }
}

/**
 * Hangs up, and resolves when the endpoint has said that the call is over. Where it does not say so in time it is asked;
 * where that does not help either, the call is given up.
 */
export async function endCall(call: CallControl, clock: Clock): Promise<void> {
  await hangUp(call);
  if (await isTold(call, clock)) return;
  await call.refresh({ timeoutMs: END_TOLD_MS }).catch(() => undefined);
  await isTold(call, clock);
}

/** A call that is over, or ends at this moment, needs no hanging up. */
export async function hangUp(call: CallControl): Promise<void> {
  await call.hangUp().catch(() => undefined);
}

/** @returns whether the end of the call is told in time. */
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
