import { callback, checkArgument } from '../../base/check.js';
import { checkWait } from '../../base/wait.js';
import type { ConferenceParticipant } from '../../protocol/catalogue/value-type.js';
import { ID } from '../../protocol/commands.js';
import type { CommandOptions } from '../client/command-sender.js';
import { type Call, LIVE_CALL } from './call.js';

/** A conference: the calls with the same CONF_ID. Made by {@link Client.conference}. */
export class Conference {
  /** CONF_ID of its calls. */
  readonly id: number;
  readonly #allCalls: () => Iterable<Call>;

  /** @internal */
  constructor(id: number, allCalls: () => Iterable<Call>) {
    checkArgument('id', id, ID);
    checkArgument('allCalls', allCalls, callback);
    this.id = id;
    this.#allCalls = allCalls;
  }

  /** The calls that belong to it now. */
  get calls(): readonly Call[] {
    return Array.from(this.#allCalls()).filter((call) => !call.over && call.known('CONF_ID') === this.id);
  }

  /** Gets the other parties, as the endpoint lists them; empty when none of its calls is known. */
  async participants(options?: CommandOptions): Promise<ConferenceParticipant[]> {
    checkWait(options);
    return (await this.calls[0]?.participants(options)) ?? [];
  }

  /** Joins one more call into it. Does nothing when none of its calls goes on. @throws ERR_API 72 */
  async add(call: Call, options?: CommandOptions): Promise<void> {
    checkArgument('call', call, LIVE_CALL);
    checkWait(options);
    const [host] = this.calls;
    if (host) await call.joinConference(host, options);
  }

  async hold(options?: CommandOptions): Promise<void> {
    checkWait(options);
    await Promise.all(this.calls.map((call) => call.hold(options)));
  }

  async resume(options?: CommandOptions): Promise<void> {
    checkWait(options);
    await Promise.all(this.calls.map((call) => call.resume(options)));
  }

  /** Hangs up all its calls. */
  async hangUp(options?: CommandOptions): Promise<void> {
    checkWait(options);
    await Promise.all(this.calls.map((call) => call.hangUp(options)));
  }
}
