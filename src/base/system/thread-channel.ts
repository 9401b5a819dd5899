import type { MessagePort, Transferable, Worker } from 'node:worker_threads';
import { entryOf } from '../entry-of.js';
import { ERROR_CODES, type ErrorCode, JackfieldError, messageOf } from '../errors.js';

/** Requests and notices in one direction: their names, their parameters and, for requests, their answers. */
export type Operations = Record<string, (params: never) => unknown>;

/** One function for each operation; it gives the answer. */
export type Handlers<T extends Operations> = {
  [K in keyof T]: (params: Parameters<T[K]>[0]) => ReturnType<T[K]> | Promise<ReturnType<T[K]>>;
};

/** An error in the form that is sent between threads. */
export interface PlainError {
  readonly message: string;
  readonly code: string | undefined;
}

type Message =
  | { readonly kind: 'request'; readonly id: number; readonly name: string; readonly params: unknown }
  | { readonly kind: 'notice'; readonly name: string; readonly params: unknown }
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'failure'; readonly id: number; readonly error: PlainError };

type Pending = { resolve: (value: never) => void; reject: (error: Error) => void };

/**
 * Carries calls between two threads. `Theirs` are the operations of the other side, `Ours` those that it can call here.
 */
export class ThreadChannel<Theirs extends Operations, Ours extends Operations> {
  readonly #port: MessagePort | Worker;
  readonly #handlers: Handlers<Ours>;
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;
  #closed: Error | undefined;

  constructor(port: MessagePort | Worker, handlers: Handlers<Ours>) {
    this.#port = port;
    this.#handlers = handlers;
    port.on('message', (message: Message) => this.#receive(message));
  }

  /** @throws what the other side threw, ERR_CLOSED when it is gone. */
  request<K extends keyof Theirs & string>(
    name: K,
    params: Parameters<Theirs[K]>[0],
    transfer: readonly Transferable[] = [],
  ): Promise<ReturnType<Theirs[K]>> {
    if (this.#closed) return Promise.reject(this.#closed);
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#send({ kind: 'request', id, name, params }, transfer);
    });
  }

  /** Calls without waiting for an answer. Does nothing when the other side is gone. */
  notify<K extends keyof Theirs & string>(
    name: K,
    params: Parameters<Theirs[K]>[0],
    transfer: readonly Transferable[] = [],
  ): void {
    if (!this.#closed) this.#send({ kind: 'notice', name, params }, transfer);
  }

  /** Ends the channel when the other side is gone: pending requests fail with `error`. */
  close(error: Error): void {
    this.#closed ??= error;
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
  }

  #send(message: Message, transfer: readonly Transferable[] = []): void {
    this.#port.postMessage(message, transfer);
  }

  #receive(message: Message): void {
    switch (message.kind) {
      case 'request':
        void this.#answer(message.id, message.name, message.params);
        return;
      case 'notice':
        void this.#hear(message.name, message.params);
        return;
      case 'answer':
        this.#settled(message.id)?.resolve(message.value as never);
        return;
      case 'failure':
        this.#settled(message.id)?.reject(rebuildError(message.error));
        return;
      default:
        message satisfies never;
    }
  }

  /** Handles a notice. ERR_CLOSED is ignored: a notice may concern something that has closed in the meantime. */
  async #hear(name: string, params: unknown): Promise<void> {
    try {
      await this.#handlerOf(name)?.(params as never);
    } catch (error) {
      if (!(error instanceof JackfieldError && error.code === 'ERR_CLOSED')) throw error;
    }
  }

  async #answer(id: number, name: string, params: unknown): Promise<void> {
    try {
      const value = await this.#handlerOf(name)?.(params as never);
      const isSamples = value instanceof Int16Array;
      // Memory that others share is not theirs any more when it is transferred.
      const own = isSamples && value.byteLength < value.buffer.byteLength ? value.slice() : value;
      const transfer = own instanceof Int16Array ? [own.buffer as ArrayBuffer] : [];
      this.#send({ kind: 'answer', id, value: own }, transfer);
    } catch (error) {
      this.#send({ kind: 'failure', id, error: plainError(error) });
    }
  }

  #handlerOf(name: string): Handlers<Ours>[keyof Ours] | undefined {
    return entryOf<Handlers<Ours>[keyof Ours]>(this.#handlers, name);
  }

  #settled(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    return pending;
  }
}

/** Parts of an error that are sent between threads. Structured cloning would lose its class and its code. */
export function plainError(error: unknown): PlainError {
  return { message: messageOf(error), code: error instanceof JackfieldError ? error.code : undefined };
}

export function rebuildError({ message, code }: PlainError): Error {
  return isErrorCode(code) ? new JackfieldError(code, message) : new Error(message);
}

function isErrorCode(code: string | undefined): code is ErrorCode {
  return code !== undefined && Object.hasOwn(ERROR_CODES, code);
}
