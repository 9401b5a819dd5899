import { entryOf } from '../../base/entry-of.js';
/** A record of numbers that one thread writes and another one reads at any time, without messages. */
export class SharedRecord<K extends string> {
  readonly buffer: SharedArrayBuffer;
  readonly #keys: readonly K[];
  readonly #values: Float64Array;

  /** @param buffer Memory that the other thread made. Default: it is made here. */
  constructor(keys: readonly K[], buffer = new SharedArrayBuffer(keys.length * 8)) {
    this.buffer = buffer;
    this.#keys = keys;
    this.#values = new Float64Array(buffer);
  }

  write(record: Readonly<Record<K, number>>): void {
    for (const [index, key] of this.#keys.entries()) this.#values[index] = entryOf<number>(record, key) ?? 0;
  }

  get(key: K): number {
    return this.#values[this.#keys.indexOf(key)] ?? 0;
  }

  read(): Record<K, number> {
    const entries = this.#keys.map((key, index) => [key, this.#values[index] ?? 0]);
    return Object.fromEntries(entries) as Record<K, number>;
  }
}
