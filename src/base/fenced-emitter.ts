import { EventEmitter } from 'node:events';
import { JackfieldError, messageOf } from './errors.js';

/** Events of every {@link FencedEmitter}, besides its own. */
export interface FencedEvents {
  /**
   * A listener threw, or the promise that it returned was rejected: ERR_LISTENER, with what was thrown as its cause.
   * Without a listener it becomes a warning of the process (`process.on('warning')`), which Node prints.
   */
  failure: [error: JackfieldError];
}

/**
 * An EventEmitter whose listeners cannot break it: one that throws stops neither the other listeners, nor the code that
 * emits, nor the process. Everything else is as with an EventEmitter; `emit` throws for `error` without a listener.
 */
export class FencedEmitter<
  E extends FencedEvents & Record<keyof E, unknown[]> = FencedEvents,
> extends EventEmitter<E> {
  constructor() {
    super();
    const emitter = this as unknown as EventEmitter;
    // Assigned, so that the type of `emit` stays the one that knows the events.
    this.emit = (event: unknown, ...args: unknown[]) => emitFenced(emitter, event as string | symbol, args);
  }

  /** Reports an error of a function that the program passed in and that is not a listener. */
  protected failed(name: string, cause: unknown): void {
    tell(this as unknown as EventEmitter, name, cause);
  }
}

function emitFenced(emitter: EventEmitter, event: string | symbol, args: readonly unknown[]): boolean {
  const listeners = emitter.rawListeners(event);
  if (listeners.length === 0) return EventEmitter.prototype.emit.call(emitter, event, ...args);
  for (const listener of listeners) {
    try {
      const result: unknown = Reflect.apply(listener, emitter, args);
      if (result instanceof Promise) result.catch((error: unknown) => tell(emitter, event, error));
    } catch (error) {
      tell(emitter, event, error);
    }
  }
  return true;
}

function tell(emitter: EventEmitter, event: string | symbol, cause: unknown): void {
  const error = new JackfieldError(
    'ERR_LISTENER',
    `A listener of "${String(event)}" threw, which was kept away from what told it: ${messageOf(cause)}`,
    { cause },
  );
  if (event !== 'failure' && emitter.listenerCount('failure') > 0) emitter.emit('failure', error);
  else warn(error);
}

function warn(error: JackfieldError): void {
  const detail = error.cause instanceof Error ? error.cause.stack : undefined;
  process.emitWarning(error.message, { type: error.name, code: error.code, ...(detail && { detail }) });
}
