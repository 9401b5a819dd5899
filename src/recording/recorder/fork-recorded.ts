import { needed, type Rules } from '../../base/check.js';
import type { Clock } from '../../base/time/clock.js';
import type { CallControl } from '../../call/call-control.js';
import type { CallVoice } from '../../call/call-voice.js';
import type { Fork } from '../../line/fork/fork.js';
import { FORK_RULES, type ForkOptions } from '../../line/fork/fork-options.js';
import { MEDIA_URL } from '../../line/media/connect-media.js';

/** A receiver of all recorded calls: its address and the options of a `fork`. */
export interface RecorderFork extends Omit<ForkOptions, 'clock' | 'signal' | 'id' | 'from' | 'to'> {
  readonly url: string;
}

const { clock: _clock, signal: _signal, id: _id, from: _from, to: _to, ...FORKED } = FORK_RULES;
/** The rules of {@link RecorderFork}. */
export const RECORDER_FORK_RULES: Rules<RecorderFork> = { ...FORKED, url: needed(MEDIA_URL) };

/** Loaded before the first call, and only when calls are forked, so that the first sample does not wait. */
let loaded: Pick<typeof import('../../line/fork/fork.js'), 'fork'> | undefined;

async function loadForks(): Promise<void> {
  loaded ??= await import('../../line/fork/fork.js');
}

/** Checks a fork before the first call. @throws ERR_INVALID_ARG */
export async function checkFork({ url, ...options }: RecorderFork): Promise<void> {
  await loadForks();
  const { forkTarget } = await import('../../line/fork/fork-target.js');
  forkTarget(url, options);
}

/** Forks the voices of calls from the start of their recording. */
export class RecordedForks {
  readonly #clock: Clock;
  readonly #failed: (error: unknown) => void;
  /** The voices of calls that are held in memory and not recorded yet. */
  readonly #held = new WeakMap<CallControl, CallVoice>();
  readonly #open = new Set<Fork>();

  /** @param failed Called with each failure. The recording is not affected. */
  constructor(clock: Clock, failed: (error: unknown) => void) {
    this.#clock = clock;
    this.#failed = failed;
  }

  /** Takes the open voice of a call. `isRecorded` is false while the call is only held in memory. */
  opened(voice: CallVoice, forked: RecorderFork | undefined, isRecorded: boolean): void {
    if (!isRecorded) this.#held.set(voice.call, voice);
    else if (forked) void this.#fork(voice, forked).catch(this.#failed);
  }

  /** Starts the fork of a held call that is recorded from now on. */
  begun(call: CallControl, forked: RecorderFork | undefined): void {
    const voice = this.#held.get(call);
    this.#held.delete(call);
    if (voice) this.opened(voice, forked, true);
  }

  /** Ends all forks. */
  close(): void {
    for (const fork of this.#open) void fork.close();
  }

  async #fork(voice: CallVoice, { url, ...options }: RecorderFork): Promise<void> {
    const { call } = voice;
    const from = call.properties.get('PARTNER_HANDLE');
    const clock = this.#clock;
    const made = loaded?.fork(voice, url, { ...options, clock, ...(from !== undefined && { from }) });
    if (!made) return;
    this.#open.add(made);
    const onDigit = (digit: string) => void made.digit(digit);
    call.on('dtmf', onDigit);
    const { error } = await made.closed;
    call.off('dtmf', onDigit);
    this.#open.delete(made);
    if (error) this.#failed(error);
  }
}
