import type { MessagePort, Transferable, Worker } from 'node:worker_threads';
import { entryOf } from '../../base/entry-of.js';
import { ERROR_CODES, type ErrorCode, JackfieldError, messageOf } from '../../base/errors.js';

/** Requests and notices of one direction: their names, parameters and, for a request, its answer. */
export type Operations = Record<string, (params: never) => unknown>;

/** A function for each operation, which answers it. */
export type Handlers<T extends Operations> = {
  [K in keyof T]: (params: Parameters<T[K]>[0]) => ReturnType<T[K]> | Promise<ReturnType<T[K]>>;
};

/** An error as it goes from thread to thread. */
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

/** Calls between two threads: `Theirs` are the operations of the other side, `Ours` those that it can call here. */
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

  /** Calls without waiting for an answer. Nothing happens when the other side is gone. */
  notify<K extends keyof Theirs & string>(name: K, params: Parameters<Theirs[K]>[0]): void {
    if (!this.#closed) this.#send({ kind: 'notice', name, params });
  }

  /** The other side is gone: requests under way fail with `error`. */
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

  /** A notice about what has closed in the meantime has nobody left to tell. */
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
      const transfer = value instanceof Int16Array ? [value.buffer as ArrayBuffer] : [];
      this.#send({ kind: 'answer', id, value }, transfer);
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

/** The parts of an error that are sent between threads: structured cloning would keep neither class nor code. */
export function plainError(error: unknown): PlainError {
  return { message: messageOf(error), code: error instanceof JackfieldError ? error.code : undefined };
}

export function rebuildError({ message, code }: PlainError): Error {
  return isErrorCode(code) ? new JackfieldError(code, message) : new Error(message);
}

function isErrorCode(code: string | undefined): code is ErrorCode {
  return code !== undefined && Object.hasOwn(ERROR_CODES, code);
}
