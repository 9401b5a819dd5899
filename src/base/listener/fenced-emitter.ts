import { EventEmitter } from 'node:events';
import { JackfieldError, messageOf } from '../errors.js';
import { Fence } from './fence.js';

/** Events of every `FencedEmitter`, besides its own. */
export interface FencedEvents {
  /**
   * A listener threw, or the promise that it returned was rejected: ERR_LISTENER, with what was thrown as its cause.
   * Without a listener it becomes a warning of the process (`process.on('warning')`), which Node prints.
   */
  failure: [error: JackfieldError];
}

/**
 * An EventEmitter that is protected from its listeners. A listener that throws stops neither the other listeners, nor
 * the emitting code, nor the process. Everything else is as with an EventEmitter; `emit` throws for `error` without a
 * listener.
 */
export class FencedEmitter<
  E extends FencedEvents & Record<keyof E, unknown[]> = FencedEvents,
> extends EventEmitter<E> {
  readonly #fence: Fence;

  constructor() {
    super();
    const emitter = this as unknown as EventEmitter;
    this.#fence = new Fence((error, event) => tell(emitter, event, error));
    // Assigned, so that the type of `emit` stays the one that knows the events.
    this.emit = (event: unknown, ...args: unknown[]) => {
      const name = event as string | symbol;
      // Without a listener an `error` is thrown, as by every emitter.
      return (
        this.#fence.emit(emitter, name, args, String(name)) ||
        EventEmitter.prototype.emit.call(emitter, name, ...args)
      );
    };
  }

  /** Reports an error of a function that the program passed in and that is not a listener. */
  protected failed(name: string, cause: unknown): void {
    this.#fence.tell(cause, name);
  }
}

function tell(emitter: EventEmitter, event: string, cause: unknown): void {
  const error = listenerError(event, cause);
  if (event !== 'failure' && emitter.listenerCount('failure') > 0) emitter.emit('failure', error);
  else warn(error);
}

/** Makes the error for a listener, or another callback of the program, that has failed. */
export function listenerError(name: string, cause: unknown): JackfieldError {
  return new JackfieldError('ERR_LISTENER', `A listener of "${name}" threw: ${messageOf(cause)}`, { cause });
}

/** Turns an error without a listener into a warning of the process. */
export function warn(error: JackfieldError): void {
  const detail = error.cause instanceof Error ? error.cause.stack : undefined;
  process.emitWarning(error.message, { type: error.name, code: error.code, ...(detail && { detail }) });
}
