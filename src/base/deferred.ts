/** A promise with the functions that settle it. */
export interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
}

/** Makes a promise that is settled from outside. */
export function deferred<T>(): Deferred<T> {
  let resolve: (value: T) => void = () => {};
  let reject: (error: Error) => void = () => {};
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}

/**
 * An outcome that is rarely waited for. Its promise is made on first use, and the process does not report an unhandled
 * rejection.
 */
export class Outcome<T> {
  #settled: { readonly value: T } | { readonly error: Error } | undefined;
  #deferred: Deferred<T> | undefined;

  get promise(): Promise<T> {
    if (!this.#deferred) {
      this.#deferred = deferred<T>();
      this.#deferred.promise.catch(() => {});
      this.#tell();
    }
    return this.#deferred.promise;
  }

  /** Does nothing when it is settled. */
  resolve(value: T): void {
    this.#settled ??= { value };
    this.#tell();
  }

  /** Does nothing when it is settled. */
  reject(error: Error): void {
    this.#settled ??= { error };
    this.#tell();
  }

  #tell(): void {
    if (!this.#deferred || !this.#settled) return;
    if ('value' in this.#settled) this.#deferred.resolve(this.#settled.value);
    else this.#deferred.reject(this.#settled.error);
  }
}
