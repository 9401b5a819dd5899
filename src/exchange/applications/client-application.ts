import type { Clock } from '../../base/time/clock.js';
import type { StreamBytes, StreamName } from '../../protocol/catalogue/value-type.js';
import type { PropertyName } from '../../protocol/message.js';
import { encodeProperty, type PropertyValue } from '../../protocol/values.js';
import type { ObjectOwner } from '../object/api-object.js';
import { type EndOwner, TextStreamEnd } from './text-stream-end.js';

/** Most streams of one application, and most users that it connects to at once. */
const MAX_STREAMS = 1000;

/** Clock and limits of an application. */
export interface ApplicationSettings {
  readonly clock: Clock;
  /** Most bytes that wait at one end of a stream. */
  readonly limit: number;
  /** Extra bytes that SENDING reports for each text written. */
  readonly extraBytes: number;
}

type Told = PropertyName<'APPLICATION'>;

/**
 * An APPLICATION object (reference, "Application to application"): one client's end of a channel. Applications of the
 * same name can connect to each other. It is removed when its client disconnects.
 */
export class ClientApplication implements EndOwner {
  readonly id: string;
  /** Client that registered the application. */
  readonly owner: ObjectOwner;
  readonly extraBytes: number;
  readonly #settings: ApplicationSettings;
  /** Handles of the users to whom a connection is being made. */
  readonly #connecting: string[] = [];
  /** Its ends of streams, by lower-case name. */
  readonly #ends = new Map<string, TextStreamEnd>();
  /** Last stream number used with each user. */
  readonly #numbers = new Map<string, number>();
  #gone = false;

  constructor(id: string, owner: ObjectOwner, settings: ApplicationSettings) {
    this.id = id;
    this.owner = owner;
    this.extraBytes = settings.extraBytes;
    this.#settings = settings;
  }

  get isFull(): boolean {
    return this.#ends.size + this.#connecting.length >= MAX_STREAMS;
  }

  /** Gives a property as on the wire. */
  value(property: 'CONNECTING' | 'STREAMS' | 'SENDING' | 'RECEIVED'): string {
    switch (property) {
      case 'CONNECTING':
        return encodeProperty('APPLICATION', property, this.#connecting);
      case 'STREAMS':
        return encodeProperty(
          'APPLICATION',
          property,
          this.#open().map(({ name }) => name),
        );
      case 'SENDING':
        return this.#bytes(property, ({ sending }) => sending);
      case 'RECEIVED':
        return this.#bytes(property, ({ received }) => received);
      default:
        return property satisfies never;
    }
  }

  /** Gives the end with this name: `handle:number`. */
  stream(name: string): TextStreamEnd | undefined {
    return this.#ends.get(name.toLowerCase());
  }

  /**
   * Connects to a user after a moment.
   *
   * @param places Gives that user's applications at the time of the connection.
   */
  connect(handle: string, connectMs: number, places: () => readonly ClientApplication[]): void {
    const { clock } = this.#settings;
    this.#connecting.push(handle);
    this.changed('CONNECTING');
    clock.timerAt(clock.now() + connectMs, () => {
      if (this.#gone) return;
      this.#connecting.splice(this.#connecting.indexOf(handle), 1);
      this.changed('CONNECTING');
      const free = places().filter((place) => !place.isFull && !this.isFull);
      for (const place of free) this.#join(place);
      for (const each of free.length > 0 ? [this, ...free] : []) each.changed('STREAMS');
    });
  }

  /** Closes one stream, on both sides. */
  disconnect(end: TextStreamEnd): void {
    this.#forget(end);
    const wasOpen = end.isOpen;
    end.close(true);
    if (wasOpen) this.changed('STREAMS');
    else this.changed('RECEIVED');
  }

  /** Ends all streams. @param told True to notify the other sides. */
  end(told: boolean): void {
    this.#gone = true;
    for (const end of this.#ends.values()) end.close(told);
    this.#ends.clear();
  }

  changed(property: 'CONNECTING' | 'STREAMS' | 'SENDING' | 'RECEIVED'): void {
    if (property === 'RECEIVED') this.#forgetRead();
    this.#tell(property, this.value(property));
  }

  soon(task: () => void): void {
    const { clock } = this.#settings;
    clock.timerAt(clock.now(), () => {
      if (!this.#gone) task();
    });
  }

  received({ handle, stream }: StreamName, datagram: string): void {
    this.#tell('DATAGRAM', `${handle}:${stream} ${datagram}`);
  }

  closed(end: TextStreamEnd): void {
    if (!end.received) this.#forget(end);
    this.changed('STREAMS');
  }

  #join(place: ClientApplication): void {
    const own = this.#add(place.owner.handle);
    TextStreamEnd.join(own, place.#add(this.owner.handle));
  }

  #add(handle: string): TextStreamEnd {
    const stream = (this.#numbers.get(handle) ?? 0) + 1;
    this.#numbers.set(handle, stream);
    const end = new TextStreamEnd({ handle, stream }, this, this.#settings.limit);
    this.#ends.set(keyOf(end), end);
    return end;
  }

  #open(): TextStreamEnd[] {
    return [...this.#ends.values()].filter(({ isOpen }) => isOpen);
  }

  /** Removes streams that the other side has closed and that have been read completely. */
  #forgetRead(): void {
    for (const end of this.#ends.values()) if (!end.isOpen && !end.received) this.#forget(end);
  }

  #forget(end: TextStreamEnd): void {
    this.#ends.delete(keyOf(end));
  }

  #bytes(property: 'SENDING' | 'RECEIVED', entry: (end: TextStreamEnd) => StreamBytes | undefined): string {
    const entries = [...this.#ends.values()].flatMap((end) => entry(end) ?? []);
    return encodeProperty('APPLICATION', property, entries as PropertyValue<'APPLICATION', 'SENDING'>);
  }

  #tell(property: Told, value: string): void {
    this.owner.notify({ kind: 'property', object: 'APPLICATION', id: this.id, property, value });
  }
}

function keyOf({ name: { handle, stream } }: TextStreamEnd): string {
  return `${handle}:${stream}`.toLowerCase();
}
