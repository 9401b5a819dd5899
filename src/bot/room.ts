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
  /** Most calls in the room at once: 2 to 1000. Default 100. */
  readonly maxCalls?: number;
}

const RULES: Rules<RoomOptions> = { maxCalls: within(2, 1000) };

interface Member {
  readonly call: BotCall;
  readonly source: MixerSource;
  readonly hears: LiveSource;
  /** Position of the call's next samples on the mixer's time line. */
  next: number;
}

const FRAME = msToSamples(PTIME_MS);
/** Longest delay behind the other calls. A call that is later is not waited for, and is silent in the mix. */
const MAX_BEHIND = msToSamples(100);

/**
 * Mixes calls so that each one hears all others. The mix advances with the received voice of the calls. It needs no
 * clock, and waits up to 100 ms for a late call.
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

  /** Calls in the room. */
  get calls(): readonly BotCall[] {
    return [...this.#members].map(({ call }) => call);
  }

  /**
   * Adds a call. Resolves when it has left, after `timeoutMs` or when `signal` fires. Keys that are pressed meanwhile
   * are dropped.
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
      throw new JackfieldError('ERR_LIMIT', `The room is full: it holds at most ${this.#maxCalls} calls.`);
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
    // The stream of a call can end before its status changes. Then this throws the error of the call's end.
    await speaking;
  }

  #take(member: Member, samples: Int16Array): void {
    const position = Math.max(member.next, this.#mixer.position);
    void member.source.take(samples, position);
    member.next = position + samples.length;
    this.#mix();
  }

  /** Mixes up to the position of the slowest call, but at most 100 ms behind the fastest. */
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
 * Connects two calls until one of them ends, `timeoutMs` have passed or `signal` fires. Resolves to the call that
 * ended, if one did.
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
