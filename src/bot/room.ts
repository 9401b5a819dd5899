import { checkArgument, checkOptions, type Rules, within } from '../base/check.js';
import { JackfieldError } from '../base/errors.js';
import { msToSamples, PTIME_MS } from '../base/pcm.js';
import { checkWait, TimeLimit, type WaitOptions } from '../base/wait.js';
import { Mixer } from '../voice/mix/mixer.js';
import type { MixerSource } from '../voice/mix/mixer-source.js';
import type { BotCall } from './bot-call.js';
import { BOT_CALL } from './bot-call-options.js';
import { LiveSource } from './conversation/live-source.js';

export interface RoomOptions {
  /** Calls that may be in it at once: 2 to 1000. Default 100. */
  readonly maxCalls?: number;
}

const RULES: Rules<RoomOptions> = { maxCalls: within(2, 1000) };

interface Member {
  readonly call: BotCall;
  readonly source: MixerSource;
  readonly hears: LiveSource;
  /** Position of its next samples on the mixer's time line. */
  next: number;
}

const FRAME = msToSamples(PTIME_MS);
/** A call that is further behind the others than this is not waited for: its place is silence. */
const MAX_BEHIND = msToSamples(100);

/**
 * Calls that hear each other: each call hears all voices but its own. The mix goes on as the calls' own voice comes in:
 * it needs no clock, and waits 100 ms for a call that is late.
 */
export class Room {
  readonly #maxCalls: number;
  readonly #mixer = new Mixer();
  readonly #members = new Set<Member>();

  /** @throws ERR_INVALID_ARG */
  constructor(options: RoomOptions = {}) {
    checkOptions(options, RULES);
    const { maxCalls = 100 } = options;
    this.#maxCalls = maxCalls;
  }

  /** Calls that are in the room. */
  get calls(): readonly BotCall[] {
    return [...this.#members].map(({ call }) => call);
  }

  /**
   * Brings a call in; resolves when `timeoutMs` have passed or `signal` fires, and it has left. Keys that are pressed
   * meanwhile are forgotten.
   *
   * @throws ERR_CALL_ENDED when the call ends, ERR_LIMIT when the room is full, ERR_INVALID_ARG.
   */
  async join(call: BotCall, options: WaitOptions = {}): Promise<void> {
    checkArgument('call', call, BOT_CALL);
    checkWait(options);
    return await call.ignoringKeys(() => this.#join(call, options));
  }

  async #join(call: BotCall, options: WaitOptions): Promise<void> {
    if (this.#members.size >= this.#maxCalls) {
      throw new JackfieldError('ERR_LIMIT', `The room is full: it takes ${this.#maxCalls} calls.`);
    }
    call.signal.throwIfAborted();
    using leave = new TimeLimit(call.clock, options);
    if (leave.signal.aborted) return;
    const source = this.#mixer.addSource({ whenFull: 'drop-oldest' });
    const member = { call, source, hears: new LiveSource(), next: this.#mixer.position };
    this.#members.add(member);
    const speaking = call.say({ stream: member.hears });
    try {
      for await (const { samples } of call.listen({ signal: leave.signal })) this.#take(member, samples);
    } catch (error) {
      if (!leave.signal.aborted) throw error;
    } finally {
      this.#members.delete(member);
      source.leave();
      member.hears.end();
      this.#mix();
    }
    // The stream of a call can end before its status says so: then this throws what the status says.
    await speaking;
  }

  #take(member: Member, samples: Int16Array): void {
    const position = Math.max(member.next, this.#mixer.position);
    void member.source.take(samples, position);
    member.next = position + samples.length;
    this.#mix();
  }

  /** As far as the call that is most behind goes, or nearly as far as the one most ahead. */
  #mix(): void {
    const ready = [...this.#members].map(({ next }) => next - this.#mixer.position);
    if (ready.length === 0) return;
    const until = this.#mixer.position + Math.max(Math.min(...ready), Math.max(...ready) - MAX_BEHIND);
    while (this.#mixer.position + FRAME <= until) {
      const { without } = this.#mixer.readEach(FRAME);
      for (const { source, hears } of this.#members) {
        const samples = without.get(source);
        if (samples) hears.write(samples);
      }
    }
  }
}

/**
 * Puts two calls through to each other until one of them ends, `timeoutMs` have passed or `signal` fires; resolves to
 * the call that ended, if one did.
 *
 * @throws ERR_INVALID_ARG
 */
export async function bridge(
  a: BotCall,
  b: BotCall,
  options: WaitOptions = {},
): Promise<BotCall | undefined> {
  checkArgument('a', a, BOT_CALL);
  checkArgument('b', b, BOT_CALL);
  checkWait(options);
  const room = new Room({ maxCalls: 2 });
  using over = new TimeLimit(a.clock, options);
  let ended: BotCall | undefined;
  const join = async (call: BotCall) => {
    try {
      await room.join(call, { signal: over.signal });
    } catch (error) {
      if (!call.signal.aborted) throw error;
      ended ??= call;
    } finally {
      over.end();
    }
  };
  await Promise.all([join(a), join(b)]);
  return ended;
}
