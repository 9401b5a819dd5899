import { abortedError, JackfieldError } from '../../base/errors.js';
import { printable } from '../../base/printable.js';
import type { Clock } from '../../base/time/clock.js';
import { deadlineIn, waitFor } from '../../base/wait.js';
import { ApiError } from '../../protocol/api-error.js';
import type { EndpointMessage } from '../../protocol/message.js';
import type { CommandOptions } from './command-sender.js';

/** A command that waits for its answer. */
interface Wait {
  readonly command: string;
  /** Number of the newest notification when it was sent. */
  readonly sentAfter: number;
  resolve(reply: EndpointMessage): void;
  reject(error: Error): void;
}

/** An answer with the place of its command. */
export interface MatchedReply {
  /** Number of the last message before the command was sent. Later messages are newer than the state in the answer. */
  readonly sentAfter: number;
  settle(): void;
}

/** Commands that wait for their answers, by the identifier that each was sent with. */
export class ReplyWaits {
  readonly #clock: Clock;
  readonly #limits: { readonly timeoutMs: number; readonly maxPending: number };
  readonly #waits = new Map<string, Wait>();
  #lastId = 0;

  constructor(clock: Clock, limits: { readonly timeoutMs: number; readonly maxPending: number }) {
    this.#clock = clock;
    this.#limits = limits;
  }

  get size(): number {
    return this.#waits.size;
  }

  /**
   * Begins a wait. The command must be sent with the identifier.
   *
   * @param command Text of the command, for messages.
   * @throws ERR_LIMIT when too many wait, ERR_ABORTED when the signal has fired. Then the command must not be sent.
   */
  begin(
    command: string,
    sentAfter: number,
    options: CommandOptions,
  ): { readonly commandId: string; readonly reply: Promise<EndpointMessage> } {
    if (this.#waits.size >= this.#limits.maxPending) {
      throw new JackfieldError(
        'ERR_LIMIT',
        `${this.#limits.maxPending} commands are waiting for replies: await some before sending more.`,
      );
    }
    if (options.signal?.aborted) throw abortedError(`the answer to ${printable(command)}`, options.signal);
    const commandId = String(++this.#lastId);
    return { commandId, reply: this.#wait(commandId, command, sentAfter, options) };
  }

  /** Ends the wait that this message answers, if there is one. */
  match(commandId: string | undefined, message: EndpointMessage): MatchedReply | undefined {
    const wait = commandId === undefined ? undefined : this.#waits.get(commandId);
    if (!wait) return undefined;
    return {
      sentAfter: wait.sentAfter,
      settle: () => {
        if (message.kind !== 'error') wait.resolve(message);
        else wait.reject(new ApiError(message.number, message.text, wait.command));
      },
    };
  }

  /** Ends the wait of one command. */
  fail(commandId: string, error: Error): void {
    this.#waits.get(commandId)?.reject(error);
  }

  /** Ends every wait. */
  failAll(error: Error): void {
    for (const wait of [...this.#waits.values()]) wait.reject(error);
  }

  #wait(id: string, command: string, sentAfter: number, options: CommandOptions): Promise<EndpointMessage> {
    const { signal, timeoutMs = this.#limits.timeoutMs } = options;
    return waitFor({
      what: `the answer to ${printable(command)}`,
      signal,
      deadline: deadlineIn(this.#clock, timeoutMs, () => {
        throw new JackfieldError(
          'ERR_TIMEOUT',
          `The endpoint did not answer ${printable(command)} in ${timeoutMs} ms.`,
        );
      }),
      begin: (resolve, reject) => {
        this.#waits.set(id, { command, sentAfter, resolve, reject });
        return () => this.#waits.delete(id);
      },
    });
  }
}
